package network

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lensdop/lensdop/devices"
)

const (
	rtspTime = 1500 * time.Millisecond // for one connection, answer included
	rtspMost = 4 << 10                 // bytes of an answer that are read
	maxText  = 100                     // runes of a hint
)

// askRTSP sends OPTIONS to the usual ports of every target, so many a second.
// A connection that is refused or silent is no error: most addresses are not
// cameras.
func (s *search) askRTSP(ctx context.Context, targets []netip.Addr) {
	rate := s.s.Rate
	if rate <= 0 {
		rate = DefaultRate
	}
	tick := time.NewTicker(max(time.Second/time.Duration(rate), time.Millisecond))
	defer tick.Stop()
	free := make(chan struct{}, maxOpen)
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, a := range targets {
		for _, port := range s.o.Ports {
			select {
			case <-ctx.Done():
				return // told by whoever gave ctx
			case <-tick.C:
			}
			select {
			case <-ctx.Done():
				return
			case free <- struct{}{}:
			}
			wg.Go(func() {
				defer func() { <-free }()
				server, ok := options(ctx, netip.AddrPortFrom(a, uint16(port))) //nolint:gosec // Options says ports
				if ok {
					s.note(a, port, devices.HowRTSP, devices.Hint{Kind: devices.HintRTSP, Text: server}, "")
				}
			})
		}
	}
}

// options tells whether an address speaks RTSP, and how its server calls
// itself. It asks without a login for what every server must answer (RFC 2326
// §10.1), and opens no stream.
func options(ctx context.Context, to netip.AddrPort) (string, bool) {
	ctx, cancel := context.WithTimeout(ctx, rtspTime)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", to.String())
	if err != nil {
		return "", false
	}
	defer conn.Close() //nolint:errcheck // all that is wanted was read
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return "", false
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // fails only on a closed connection
	defer stop()
	if _, err := fmt.Fprintf(conn, "OPTIONS rtsp://%s/ RTSP/1.0\r\nCSeq: 1\r\n\r\n", to); err != nil {
		return "", false
	}
	return parseOptions(io.LimitReader(conn, rtspMost))
}

// parseOptions reads an answer to OPTIONS: any RTSP status will do, since a
// server that asks for a login speaks RTSP as well. The text is the Server
// header, or the status line where there is none.
func parseOptions(in io.Reader) (string, bool) {
	r := bufio.NewReader(in)
	line, err := r.ReadString('\n')
	version, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	if err != nil || !strings.HasPrefix(version, "RTSP/") {
		return "", false
	}
	code, _, _ := strings.Cut(rest, " ")
	if n, err := strconv.Atoi(code); err != nil || n < 100 || n > 599 {
		return "", false
	}
	text := "answers " + code
	for {
		line, err = r.ReadString('\n')
		name, value, ok := strings.Cut(line, ":")
		if ok && strings.EqualFold(strings.TrimSpace(name), "Server") {
			if v := plain(value, maxText); v != "" {
				return v, true
			}
		}
		if err != nil || strings.TrimSpace(line) == "" {
			return text, true
		}
	}
}
