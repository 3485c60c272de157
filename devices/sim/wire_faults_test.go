package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// raw posts without a client of ours in between, and returns what went wrong.
func (a *asker) raw(ctx context.Context, path, body string) (int, string, error) {
	msg := `<s:Envelope xmlns:s="` + nsEnv + `" xmlns:tds="` + nsTDS + `" xmlns:tr2="` + nsTR2 + `">` + a.token() + `<s:Body>` + body + `</s:Body></s:Envelope>`
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+a.d.Addr()+path, strings.NewReader(msg))
	if err != nil {
		return 0, "", err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), err
}

func TestHalfAnswer(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.74"})
	setFault(t, d, FaultHalfAnswer, true)
	_, got, err := ask(t, d).raw(t.Context(), deviceService, `<tds:GetScopes/>`)
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(got, "Envelope") || strings.Contains(got, "</env:Envelope>") {
		t.Errorf("%v: %s", err, got)
	}
}

func TestBusyAndSlow(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.75"})
	a := ask(t, d)
	setFault(t, d, FaultBusy, true)
	if status, _, err := a.raw(t.Context(), deviceService, `<tds:GetScopes/>`); status != http.StatusServiceUnavailable {
		t.Errorf("status %d, %v", status, err)
	}
	setFault(t, d, FaultBusy, false)
	setFault(t, d, FaultSlow30s, true)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, got, err := a.raw(ctx, deviceService, `<tds:GetScopes/>`); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v: %s", err, got)
	}
}

func TestLateAnswer(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.175", slow: 150 * time.Millisecond})
	setFault(t, d, FaultSlow30s, true)
	begin := time.Now()
	ask(t, d).ok(deviceService, `<tds:GetScopes/>`)
	if took := time.Since(begin); took < d.cam.slow {
		t.Errorf("answered after %s", took)
	}
}

func TestWrongNamespace(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.76", Masks: true})
	setFault(t, d, FaultWrongNamespace, true)
	a := ask(t, d)
	if got := a.ok(media2Service, `<tr2:GetMasks/>`); strings.Contains(got, nsTR2) || !strings.Contains(got, nsTRT) {
		t.Error(got)
	}
	if got := a.ok(deviceService, `<tds:GetScopes/>`); strings.Contains(got, `"`+nsTDS+`"`) || !strings.Contains(got, "ScopeItem") {
		t.Error(got)
	}
}

func TestSingleConnection(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.77"})
	setFault(t, d, FaultSingleConnection, true)
	first, err := (&net.Dialer{}).DialContext(t.Context(), "tcp4", d.Addr())
	if err != nil {
		t.Fatal(err)
	}
	a := ask(t, d)
	// Whoever holds a connection blocks all others, without a word.
	eventually(t, "the first connection is taken", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, _, err := a.raw(ctx, deviceService, `<tds:GetScopes/>`)
		return errors.Is(err, context.DeadlineExceeded)
	})
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	a.ok(deviceService, `<tds:GetScopes/>`)
	// The RTSP port counts for itself.
	mustView(t, d.RTSPURL(1)).next(t)
	a.ok(deviceService, `<tds:GetScopes/>`)
}

func TestMaxMasksReached(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.78", Masks: true, Overlay: OverlayNone})
	setFault(t, d, FaultMaxMasks, true)
	ask(t, d).fault(media2Service, createMask("vsc_1", fullMask), "env:Receiver", "ter:Action", "ter:MaxMasks")
}

func TestTurnedPictures(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.79", Overlay: OverlayNone})
	// Something in the top left quarter of the picture.
	if _, err := d.AddMask(1, box(0, 0, 0.5, 0.5)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		faults []string
		x, y   float64 // of the quarter that is dark
	}{
		{nil, 0, 0},
		{[]string{FaultMirrored}, 0.5, 0},
		{[]string{FaultInverted}, 0.5, 0.5},
		{[]string{FaultMirrored, FaultInverted}, 0, 0.5},
	} {
		t.Run(fmt.Sprint(c.faults), func(t *testing.T) {
			for _, f := range c.faults {
				setFault(t, d, f, true)
				defer setFault(t, d, f, false)
			}
			p := picture(t, d)
			for _, q := range []Point{{0, 0}, {0.5, 0}, {0, 0.5}, {0.5, 0.5}} {
				m, _ := mean(p, q.X+0.01, q.Y+0.01, q.X+0.49, q.Y+0.49)
				if dark := q.X == c.x && q.Y == c.y; dark != (m < 2) {
					t.Errorf("the quarter at %v has mean %.0f", q, m)
				}
			}
		})
	}
}
