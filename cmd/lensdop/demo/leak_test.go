package demo

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	agentcommand "github.com/lensdop/lensdop/cmd/lensdop-agent/gateway"
	"github.com/lensdop/lensdop/devices/sim"
)

// TestMain lets the test binary be the agent that the demo starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "agent" || os.Args[1] == agentcommand.DecodeChild) {
		args := os.Args[1:]
		if args[0] == "agent" {
			args = args[1:]
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := agentcommand.Main(ctx, args, os.Stdout, os.Stderr)
		stop()
		os.Exit(code)
	}
	goleak.VerifyTestMain(m)
}

func agentCommand(tb testing.TB) []string {
	tb.Helper()
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	return []string{self, "agent"}
}

// recorder keeps what it is given, under names.
type recorder struct {
	mu   sync.Mutex
	kept map[string]*bytes.Buffer
}

// to is a writer that appends under a name.
func (r *recorder) to(name string) io.Writer {
	return writer(func(p []byte) (int, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.kept == nil {
			r.kept = map[string]*bytes.Buffer{}
		}
		if r.kept[name] == nil {
			r.kept[name] = &bytes.Buffer{}
		}
		return r.kept[name].Write(p)
	})
}

func (r *recorder) each(f func(name string, b []byte)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, b := range r.kept {
		f(name, b.Bytes())
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// between forwards connections to addr and keeps both directions of each.
func (r *recorder) between(t *testing.T, wg *sync.WaitGroup) func(context.Context, string, string) (string, error) {
	return func(ctx context.Context, way, addr string) (string, error) {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		context.AfterFunc(ctx, func() { closeConn(t, l) })
		wg.Go(func() {
			for n := 0; ; n++ {
				in, err := l.Accept()
				if err != nil {
					return
				}
				out, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
				if err != nil {
					closeConn(t, in)
					continue
				}
				shut := context.AfterFunc(ctx, func() { closeConn(t, in); closeConn(t, out) })
				var both sync.WaitGroup
				both.Go(func() { r.forward(t, fmt.Sprintf("%s %d, up", way, n), out, in) })
				both.Go(func() { r.forward(t, fmt.Sprintf("%s %d, down", way, n), in, out) })
				wg.Go(func() {
					both.Wait()
					shut()
					closeConn(t, in)
					closeConn(t, out)
				})
			}
		})
		return l.Addr().String(), nil
	}
}

func (r *recorder) forward(t *testing.T, name string, to, from net.Conn) {
	t.Helper()
	_, _ = io.Copy(io.MultiWriter(to, r.to(name)), from) // ends with either side
	if c, ok := to.(*net.TCPConn); ok {
		_ = c.CloseWrite() // the other side may be gone already
	}
}

func closeConn(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Errorf("close: %v", err)
	}
}

// TestNothingLeaks plays the whole story with a recognisable picture in the
// hall's scenes and two cards at the readers, and searches everything that was
// written, logged, sent and shown for them.
func TestNothingLeaks(t *testing.T) {
	if testing.Short() {
		t.Skip("plays the whole story")
	}
	var kept recorder
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	dir := filepath.Join(t.TempDir(), "kept")

	search := newSearcher()
	leaks := map[leak]bool{}
	files := map[string]int{}
	scan := func() {
		for _, root := range []string{dir, tmp} {
			for path, b := range readAll(t, root) {
				files[path] = len(b)
				if strings.HasSuffix(path, "/gateway/credentials.yaml") {
					continue // the file where the cameras' logins belong
				}
				for _, l := range search.find(path, b) {
					leaks[l] = true
				}
			}
		}
	}
	base := ""
	proxy := kept.between(t, &wg)
	visited := map[string]bool{}
	var steps []outcome
	err := Run(ctx, Options{
		Once: true, JSON: true, Speed: 1, MJPEG: true, Dir: dir, Listen: "127.0.0.1:0", Agent: agentCommand(t), Plant: planted(),
		Log: slog.New(slog.NewTextHandler(kept.to("log of server and cameras"), &slog.HandlerOptions{Level: slog.LevelDebug})),
		Between: func(ctx context.Context, way, addr string) (string, error) {
			at, err := proxy(ctx, way, addr)
			if way == WayHTTP {
				base = "http://" + at
			}
			return at, err
		},
		// Each step is told while everything runs: files and pages are looked
		// at as they are then, write-ahead logs included.
		Out: writer(func(p []byte) (int, error) {
			var s outcome
			if err := json.Unmarshal(p, &s); err != nil {
				t.Errorf("%q: %v", p, err)
			}
			steps = append(steps, s)
			scan()
			if slices.Contains([]string{stepMailed, stepCovered, stepAgain, stepEvents}, s.Step) {
				browse(t, base, kept.to("pages"), visited)
			}
			return kept.to("output").Write(p)
		}),
	})
	if err != nil {
		t.Fatalf("the story did not come to its end: %v", err)
	}
	cancel()
	wg.Wait()
	scan()
	ways := map[string]int{}
	kept.each(func(name string, b []byte) {
		ways[strings.Fields(name)[0]] += len(b)
		for _, l := range search.find(name, b) {
			leaks[l] = true
		}
	})
	for l := range leaks {
		t.Errorf("%s: %s", l.where, l.what)
	}

	// What was not there cannot have been searched.
	for _, way := range []string{WayMQTT, WaySMTP, WayHTTP, "pages", "log", "output"} {
		if ways[way] == 0 {
			t.Errorf("nothing was recorded of %s", way)
		}
	}
	for _, name := range []string{"gateway/state/agent.db", "gateway/state/agent.db-wal", "gateway/agent.log", "protocol.yaml", "server/"} {
		if !slices.ContainsFunc(slices.Collect(keys(files)), func(p string) bool { return strings.Contains(p, "/kept/"+name) && files[p] > 0 }) {
			t.Errorf("no file %s was searched", name)
		}
	}
	for _, page := range []string{"/", "/findings", "/elect", "/cover"} {
		if !slices.ContainsFunc(slices.Collect(keys(visited)), func(p string) bool { return strings.Split(p, "?")[0] == page }) {
			t.Errorf("page %s was not visited", page)
		}
	}
	t.Logf("%d steps, %d files, %d pages, bytes by way %v", len(steps), len(files), len(visited), ways)
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// readAll reads every file below a folder; one that goes away is skipped.
func readAll(t *testing.T, root string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && !e.Type().IsRegular() {
			return nil
		}
		if err != nil {
			return err
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		files[path] = b
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var link = regexp.MustCompile(`(?:href|src|action)="(/[^"#]*)"`)

// browse signs in as each account and follows every link, in each language.
func browse(t *testing.T, base string, to io.Writer, visited map[string]bool) {
	t.Helper()
	for _, account := range []string{facilityAccount, ictAccount} {
		p, err := signIn(t.Context(), base, account, demoPassword)
		if err != nil {
			t.Errorf("sign in as %s: %v", account, err)
			return
		}
		seen := map[string]bool{}
		next := []string{"/", "/findings"}
		for len(next) > 0 {
			path := strings.ReplaceAll(next[0], "&amp;", "&")
			next = next[1:]
			if seen[path] || strings.HasPrefix(path, "/signout") || len(seen) > 200 {
				continue
			}
			seen[path], visited[path] = true, true
			page, err := p.get(t.Context(), path)
			if err != nil {
				continue // forms that are posted to, pages of the other role
			}
			if _, err := io.WriteString(to, page); err != nil {
				t.Error(err)
			}
			for _, m := range link.FindAllStringSubmatch(page, -1) {
				next = append(next, m[1])
			}
		}
		p.close()
	}
}

// TestSearchFinds is the control: each secret, planted into a file in the
// midst of other things, is found there; without one, nothing is.
func TestSearchFinds(t *testing.T) {
	s := newSearcher()
	noise := []byte(strings.Repeat(`{"at":"2026-03-18T06:31:00Z","camera":"hal-noord","sha256":"9f86d081884c7d659a2feaa0c55ad015"}`+"\n", 40))
	around := func(b []byte) []byte {
		return slices.Concat(noise, []byte("\x00\x01\""), b, []byte("\"\x00\x02"), noise)
	}
	if found := s.find("noise", around(nil)); len(found) != 0 {
		t.Errorf("found in noise: %v", found)
	}

	now := time.Date(2026, 3, 18, 9, 0, 0, 0, time.UTC)
	cam, err := sim.Start(t.Context(), sim.Camera{Host: "127.11.43.1", DiscoveryPort: -1, Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer closeConn(t, cam)
	open, err := cam.Picture(1)
	if err != nil {
		t.Fatal(err)
	}
	if found := s.find("scene", open.Y); len(found) != 0 {
		t.Errorf("found in a scene without the planted picture: %v", found)
	}
	if err := cam.Plant(1, planted()); err != nil {
		t.Fatal(err)
	}
	// A moment at which nobody stands before it.
	p, row := clearView(t, cam, func() { now = now.Add(time.Second) })
	small := make([]byte, 0, len(p.Y)/4)
	for y := 0; y < p.Rect.Dy(); y += 2 {
		for x := 0; x < p.Rect.Dx(); x += 2 {
			o := y*p.YStride + x
			small = append(small, uint8((int(p.Y[o])+int(p.Y[o+1])+int(p.Y[o+p.YStride])+int(p.Y[o+p.YStride+1]))/4))
		}
	}
	var coded bytes.Buffer
	if err := jpeg.Encode(&coded, p, nil); err != nil {
		t.Fatal(err)
	}
	planted := map[string][]byte{
		"picture, raw":              p.Y,
		"picture, raw, half size":   small,
		"picture, a single row":     row,
		"picture, JPEG":             coded.Bytes(),
		"picture, JPEG in base64":   []byte(base64.StdEncoding.EncodeToString(coded.Bytes())),
		"picture, row in base64url": []byte(base64.RawURLEncoding.EncodeToString(row)),
		"H.264 in base64 in base64": []byte(base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte("\x00\x00\x00\x01\x67\x64\x00\x1f\xac\xd9\x40\x50\x05\xbb\x01\x10"))))),
		"mail, folded":              []byte("the card 0B00=\r\nC0FFEE was read"),
		"login in an address":       []byte("rtsp://" + cameraUser + ":" + cameraPassword + "@127.0.0.1/lens1_main"),
		"basic login":               []byte("Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(cameraUser+":"+cameraPassword))),
	}
	for _, n := range s.needles {
		planted[n.what+" "+string(n.bytes)] = n.bytes
	}
	dir := t.TempDir()
	for name, b := range planted {
		path := filepath.Join(dir, "planted")
		if err := os.WriteFile(path, around(b), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, b := range readAll(t, dir) {
			if len(s.find(path, b)) == 0 {
				t.Errorf("not found: %s", name)
			}
		}
	}
}

// clearView returns a picture of a camera in which most of the planted picture
// is seen, and one row of it.
func clearView(t *testing.T, cam *sim.Device, wait func()) (p *image.YCbCr, row []byte) {
	t.Helper()
	for range 60 {
		p, err := cam.Picture(1)
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for y := range p.Rect.Dy() {
			if r := p.Y[y*p.YStride : y*p.YStride+p.Rect.Dx()]; barRow(r) {
				row = r
				rows++
			}
		}
		if rows > 60 {
			return p, row
		}
		wait()
	}
	t.Fatal("the planted picture is not found in most of its rows at any moment of a minute")
	return nil, nil
}

func TestWrap(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"short", "short"},
		{"two  words", "two words"},
		{"breaks at the last space", "breaks at\n  the last\n  space"},
		{"averyveryverylongword stays", "averyveryverylongword\n  stays"},
		{"caméras déjà", "caméras\n  déjà"},
	} {
		if got := wrap(c.text, 10, 2); got != c.want {
			t.Errorf("wrap(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}
