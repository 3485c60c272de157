package rtsp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/auth"
	"github.com/bluenviron/gortsplib/v4/pkg/base"

	"github.com/lensdop/lensdop/devices"
)

func newLooker(t *testing.T, c Config) *Looker {
	t.Helper()
	l := New(c)
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func quiet(err error) bool {
	return err == nil || !strings.Contains(err.Error(), testPassword) && !strings.Contains(err.Error(), "@")
}

func TestLookMotionJPEG(t *testing.T) {
	m := startMJPEG(t, nil)
	file := encodeJPEG(t, ramp(648, 360, 1))
	m.send(t, file)
	want := lumaOf(t, file)
	l := newLooker(t, Config{})
	var kept []byte
	n := 0
	st, err := l.Look(t.Context(), m.target(), Options{Frames: 4, Limit: 5 * time.Second}, func(y devices.Luma) {
		n++
		if y.Width != 648 || y.Height != 360 || !y.FullRange || !bytes.Equal(y.Pix, want) {
			t.Errorf("picture %d: %dx%d, full range %v, same luma %v", n, y.Width, y.Height, y.FullRange, bytes.Equal(y.Pix, want))
		}
		kept = y.Pix
	})
	if err != nil {
		t.Fatal(err)
	}
	if n != 4 || st.Decoded != 4 || st.KeyFrames < 4 || st.Frames < 4 || st.Codec != "MJPEG" || st.Width != 648 || st.Height != 360 || st.Bytes < int64(len(file)) {
		t.Errorf("saw %d; %+v", n, st)
	}
	if st.Advanced < 100*time.Millisecond || st.Advanced > time.Second {
		t.Errorf("media clock advanced %v over four pictures 50 ms apart", st.Advanced)
	}
	if len(st.Tracks) != 2 || st.Tracks[1] != (devices.Track{Kind: "audio", Codec: "PCMA"}) || !st.HasSound() {
		t.Errorf("tracks %+v", st.Tracks)
	}
	if bytes.ContainsFunc(kept, func(r rune) bool { return r != 0 }) {
		t.Error("the luma is not wiped after use")
	}
}

func TestLookRefusals(t *testing.T) {
	silent := startMJPEG(t, nil)
	full := startMJPEG(t, func(m *mjpegServer) { m.refuse = 453 })
	basic := startMJPEG(t, func(m *mjpegServer) { m.methods = []auth.VerifyMethod{auth.VerifyMethodBasic} })
	moved := scripted(t, "RTSP/1.0 302 Found\r\nCSeq: %s\r\nLocation: rtsp://127.0.0.1:1/x\r\n\r\n")
	empty := scripted(t, "RTSP/1.0 200 OK\r\nCSeq: %s\r\nContent-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n")
	http := scripted(t, "HTTP/1.1 200 OK\r\nCSeq: %s\r\nContent-Length: 0\r\n\r\n")
	noise := scripted(t, "\x00\x01\x02\x03 %s")
	mute := scripted(t, "")
	with := func(tg Target, f func(*Target)) Target { f(&tg); return tg }
	login := devices.Credentials{User: testUser, Password: testPassword}
	for _, c := range []struct {
		name string
		tg   Target
		want error
		text string
	}{
		{"wrong password", with(silent.target(), func(t *Target) { t.Credentials.Password = "Zeer-Geheim-4" }), devices.ErrLogin, "401"},
		{"no login", with(silent.target(), func(t *Target) { t.Credentials = devices.Credentials{} }), devices.ErrLogin, "401"},
		{"password in the open", basic.target(), devices.ErrLogin, "without showing the password"},
		{"silent", silent.target(), ErrSilent, "not one packet"},
		{"silent is unreachable", silent.target(), devices.ErrUnreachable, "silent"},
		{"no free session", full.target(), devices.ErrBusy, "453"},
		{"nothing listens", Target{URL: "rtsp://127.0.0.1:1/x", Credentials: login}, devices.ErrUnreachable, "refused"},
		{"redirect", Target{URL: "rtsp://" + moved + "/x", Credentials: login}, devices.ErrMalformed, "302"},
		{"empty description", Target{URL: "rtsp://" + empty + "/x", Credentials: login}, devices.ErrMalformed, ""},
		{"noise", Target{URL: "rtsp://" + noise + "/x", Credentials: login}, devices.ErrUnreachable, "no answer"},
		{"another protocol", Target{URL: "rtsp://" + http + "/x", Credentials: login}, devices.ErrUnreachable, "no answer"},
		{"accepts and says nothing", Target{URL: "rtsp://" + mute + "/x", Credentials: login}, devices.ErrUnreachable, "no answer"},
		{"TLS and nothing", Target{URL: "rtsps://" + mute + "/x", Credentials: login}, devices.ErrUnreachable, "no answer"},
		{"login in the address", with(silent.target(), func(t *Target) {
			t.URL = strings.Replace(t.URL, "rtsp://", "rtsp://x:"+testPassword+"@", 1)
			t.Credentials.Password = "wrong"
		}), devices.ErrLogin, ""},
		{"another host", Target{Device: "127.0.0.1:80", URL: "rtsp://x:" + testPassword + "@127.0.0.2:554/"}, devices.ErrMalformed, "another host"},
		{"another scheme", Target{URL: "file://x:" + testPassword + "@/etc/passwd"}, nil, ""},
		{"not an address", Target{URL: "rtsp://x:" + testPassword + "@%zz"}, devices.ErrMalformed, ""},
		{"bad pin", Target{URL: "rtsps://127.0.0.1:1/", TLSPin: "abc"}, nil, "SHA-256"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLooker(t, Config{})
			start := time.Now()
			st, err := l.Look(t.Context(), c.tg, Options{Limit: 400 * time.Millisecond}, func(devices.Luma) { t.Error("a picture came") })
			var e *devices.Error
			if !errors.As(err, &e) || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
				t.Fatalf("got %v, want %v with %q", err, c.want, c.text)
			}
			if !quiet(err) {
				t.Errorf("the error carries a login: %v", err)
			}
			if d := time.Since(start); d > 3*time.Second {
				t.Errorf("took %v", d)
			}
			if strings.HasPrefix(c.name, "silent") && len(st.Tracks) != 2 {
				t.Errorf("the tracks are lost: %+v", st)
			}
		})
	}
}

// scripted answers every request with a text in which %s is its CSeq.
func scripted(t *testing.T, answer string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var conns []net.Conn
	done := make(chan struct{})
	t.Cleanup(func() { _ = ln.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				break
			}
			conns = append(conns, c)
			go func() {
				b := make([]byte, 8<<10)
				for {
					n, err := c.Read(b)
					if err != nil {
						_ = c.Close()
						return
					}
					_, cseq, _ := strings.Cut(string(b[:n]), "CSeq: ")
					cseq, _, _ = strings.Cut(cseq, "\r\n")
					if answer != "" {
						_, _ = io.WriteString(c, strings.ReplaceAll(answer, "%s", cseq))
					}
				}
			}()
		}
		for _, c := range conns {
			_ = c.Close()
		}
	}()
	return ln.Addr().String()
}

func TestLookPasswordInTheOpenIfAllowed(t *testing.T) {
	m := startMJPEG(t, func(m *mjpegServer) { m.methods = []auth.VerifyMethod{auth.VerifyMethodBasic} })
	m.send(t, encodeJPEG(t, ramp(160, 96, 0)))
	tg := m.target()
	tg.AllowBasic = true
	if _, err := newLooker(t, Config{}).Look(t.Context(), tg, Options{Frames: 1}, func(devices.Luma) {}); err != nil {
		t.Fatal(err)
	}
}

func TestLookDigestSHA256(t *testing.T) {
	m := startMJPEG(t, func(m *mjpegServer) { m.methods = []auth.VerifyMethod{auth.VerifyMethodDigestSHA256} })
	m.send(t, encodeJPEG(t, ramp(160, 96, 0)))
	if _, err := newLooker(t, Config{}).Look(t.Context(), m.target(), Options{Frames: 1}, func(devices.Luma) {}); err != nil {
		t.Fatal(err)
	}
}

func TestLookEndsWithItsCaller(t *testing.T) {
	m := startMJPEG(t, nil)
	l := newLooker(t, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	start := time.Now()
	if _, err := l.Look(ctx, m.target(), Options{}, func(devices.Luma) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("took %v", d)
	}
	time.AfterFunc(100*time.Millisecond, func() { _ = l.Close() })
	if _, err := l.Look(t.Context(), m.target(), Options{}, func(devices.Luma) {}); !errors.Is(err, errClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := l.Look(t.Context(), m.target(), Options{}, func(devices.Luma) {}); !errors.Is(err, errClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestSnapshot(t *testing.T) {
	file := encodeJPEG(t, ramp(320, 240, 2))
	bare := withoutSegment(t, file, 0xc4)
	serve := func(f func(http.ResponseWriter, *http.Request)) string {
		s := httptest.NewServer(http.HandlerFunc(f))
		t.Cleanup(s.Close)
		return s.URL + "/snap.jpg?channel=1"
	}
	write := func(b []byte) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(b) }
	}
	login := devices.Credentials{User: testUser, Password: testPassword}
	digest := func(w http.ResponseWriter, r *http.Request) {
		if h := r.Header.Get("Authorization"); !strings.HasPrefix(h, "Digest ") || !strings.Contains(h, testUser) {
			w.Header().Set("WWW-Authenticate", `Digest realm="cam", nonce="abc", qop="auth"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write(file)
	}
	basic := func(w http.ResponseWriter, r *http.Request) {
		if _, p, ok := r.BasicAuth(); !ok || p != testPassword {
			w.Header().Set("WWW-Authenticate", `Basic realm="cam"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write(file)
	}
	status := func(code int) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	for _, c := range []struct {
		name string
		tg   Target
		want error
	}{
		{"plain", Target{URL: serve(write(file))}, nil},
		{"without Huffman tables", Target{URL: serve(write(bare))}, nil},
		{"digest", Target{URL: serve(digest), Credentials: login}, nil},
		{"digest without a login", Target{URL: serve(digest)}, devices.ErrLogin},
		{"basic", Target{URL: serve(basic), Credentials: login}, devices.ErrLogin},
		{"basic if allowed", Target{URL: serve(basic), Credentials: login, AllowBasic: true}, nil},
		{"cut off", Target{URL: serve(write(file[:len(file)/2]))}, devices.ErrMalformed},
		{"a page", Target{URL: serve(write([]byte("<html>no</html>")))}, devices.ErrMalformed},
		{"nothing", Target{URL: serve(write(nil))}, devices.ErrMalformed},
		{"elsewhere", Target{URL: serve(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		})}, devices.ErrMalformed},
		{"busy", Target{URL: serve(status(503))}, devices.ErrBusy},
		{"refused", Target{URL: "http://127.0.0.1:1/x", Credentials: login}, devices.ErrUnreachable},
		{"endless", Target{URL: serve(func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		})}, devices.ErrOutOfBounds},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := 0
			st, err := newLooker(t, Config{}).Snapshot(t.Context(), c.tg, func(y devices.Luma) {
				n++
				if !bytes.Equal(y.Pix, lumaOf(t, file)) {
					t.Error("another picture")
				}
			})
			if !errors.Is(err, c.want) || (err == nil) != (n == 1 && st.Decoded == 1) || !quiet(err) {
				t.Errorf("got %v after %d pictures, want %v; %+v", err, n, c.want, st)
			}
		})
	}
}

func TestStatusWords(t *testing.T) {
	for code, want := range map[base.StatusCode]error{
		401: devices.ErrLogin, 403: devices.ErrLogin, 404: devices.ErrUnsupported, 453: devices.ErrBusy,
		461: devices.ErrUnsupported, 503: devices.ErrBusy, 500: devices.ErrMalformed,
	} {
		if err := statusError(int(code)); !errors.Is(err, want) {
			t.Errorf("%d: %v", code, err)
		}
	}
}
