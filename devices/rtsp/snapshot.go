package rtsp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/icholy/digest"

	"github.com/lensdop/lensdop/devices"
)

// Snapshot fetches one JPEG over HTTP, logging in by digest where asked, and
// hands its luma to see, which must not keep it. It takes at most 15 s. The
// errors are those of Look.
func (l *Looker) Snapshot(ctx context.Context, t Target, see func(devices.Luma)) (devices.Stream, error) {
	st := devices.Stream{At: time.Now()}
	sctx, leave, err := l.enter(ctx, defaultLimit)
	if err != nil {
		return st, t.fail("fetch the snapshot", err, "")
	}
	defer leave()
	p, err := fetch(sctx, t)
	if err != nil {
		return st, l.ended(ctx, t, err)
	}
	st.Codec, st.Frames, st.KeyFrames, st.Bytes = codecMJPEG, 1, 1, int64(len(p.data))
	st.Tracks = []devices.Track{{Kind: "video", Codec: codecMJPEG}}
	st.FirstKey = time.Since(st.At)
	return st, l.ended(ctx, t, l.measure(sctx, t, p, see, &st))
}

func fetch(ctx context.Context, t Target) (picture, error) {
	const op = "fetch the snapshot"
	u, err := t.address("http", "https")
	if err != nil {
		return picture{}, err
	}
	conf, err := t.tlsConfig()
	if err != nil {
		return picture{}, err
	}
	tr := &http.Transport{
		DialContext:            (&net.Dialer{}).DialContext,
		TLSClientConfig:        conf,
		MaxResponseHeaderBytes: 16 << 10,
		DisableCompression:     true,
	}
	defer tr.CloseIdleConnections()
	client := &http.Client{
		Transport:     tr,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if t.Credentials.User != "" {
		client.Transport = &digest.Transport{Username: t.Credentials.User, Password: string(t.Credentials.Password), Transport: tr}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return picture{}, t.fail(op, fmt.Errorf("%w: not an address", devices.ErrMalformed), "")
	}
	if u.Scheme == "http" && t.AllowBasic || u.Scheme == "https" {
		client.Transport = basicFallback{next: client.Transport, plain: tr, login: t.Credentials}
	}
	resp, err := client.Do(req)
	if err != nil {
		return picture{}, explainHTTP(t, op, err)
	}
	data, err := readPicture(resp)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		clear(data)
		return picture{}, explainHTTP(t, op, err)
	}
	return picture{codec: codecMJPEG, data: data}, nil
}

type httpStatus int

func (s httpStatus) Error() string { return fmt.Sprintf("status %d", int(s)) }

func readPicture(resp *http.Response) ([]byte, error) {
	if resp.StatusCode != http.StatusOK {
		return nil, httpStatus(resp.StatusCode)
	}
	b := make([]byte, 0, 256<<10)
	for {
		n, err := resp.Body.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case err == io.EOF:
			return b, nil
		case err != nil:
			return b, err
		case len(b) > maxKeyFrame:
			return b, fmt.Errorf("a snapshot: %w of %d bytes", devices.ErrOutOfBounds, maxKeyFrame)
		case len(b) == cap(b): // io.ReadAll would leave copies of the picture behind
			more := make([]byte, len(b), 2*cap(b))
			copy(more, b)
			clear(b)
			b = more
		}
	}
}

// basicFallback shows the password to a device that asks for nothing better,
// where that is allowed.
type basicFallback struct {
	next, plain http.RoundTripper
	login       devices.Credentials
}

func (b basicFallback) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(r)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || b.login.User == "" {
		return resp, err
	}
	basic := false
	for _, c := range resp.Header.Values("WWW-Authenticate") {
		switch kind, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(c)), " "); kind {
		case "digest":
			return resp, nil
		case "basic":
			basic = true
		}
	}
	if !basic {
		return resp, nil
	}
	if err := resp.Body.Close(); err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.SetBasicAuth(b.login.User, string(b.login.Password))
	return b.plain.RoundTrip(r)
}

// explainHTTP turns a failure of net/http into the words of package devices;
// its own text repeats the address.
func explainHTTP(t Target, op string, err error) error {
	var status httpStatus
	var ne net.Error
	switch {
	case errors.As(err, &status):
		return t.fail(op, statusError(int(status)), statusRemedy(int(status)))
	case errors.Is(err, errPin):
		return t.fail(op, fmt.Errorf("%w: %w", devices.ErrLogin, errPin), "if the device was replaced or renewed its certificate, register it anew")
	case errors.Is(err, devices.ErrOutOfBounds):
		return t.fail(op, err, remedyFor(err))
	case errors.As(err, &ne) && ne.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return t.fail(op, fmt.Errorf("%w: no answer within the limit", devices.ErrUnreachable), "")
	}
	return t.fail(op, fmt.Errorf("%w: the connection failed", devices.ErrUnreachable), "check the snapshot's address and port")
}
