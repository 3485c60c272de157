package agent

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/lensdop/lensdop/agent/cover"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
	"github.com/lensdop/lensdop/policy/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	hallNoord = "hal-noord"
	hallZuid  = "hal-zuid"
	boxID     = "urn:uuid:1e45d000-0001-4000-8000-00000000de01"
	secret    = "hunter2-very-secret"
)

// signer is a key by its number.
func signer(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

// noon lies inside the window of dayOff.
func noon() time.Time { return time.Date(2026, time.March, 18, 12, 0, 0, 0, time.UTC) }

// oneOff covers the first lens from an hour before t until two hours after it.
func oneOff(id string, t time.Time) policy.Decision {
	return policy.Decision{
		ID: id, Site: "de-polder", Cameras: []string{hallNoord}, From: t.Add(-time.Hour), Until: t.Add(2 * time.Hour),
		Reason: "works", By: "j.doe", Role: "location-manager", At: t.Add(-2 * time.Hour),
	}
}

func releaseOf(decision string, t time.Time) policy.Release {
	return policy.Release{ID: "r-" + decision, Decision: decision, At: t, By: "j.doe", Role: "location-manager", Statement: "the room is empty"}
}

// seal signs, or returns what seal of an unknown kind would be.
func seal(t testing.TB, typ string, v any, key ed25519.PrivateKey) wire.Envelope {
	t.Helper()
	e, err := wire.Seal(typ, v, key)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// document is a good one of the first key, to be spoiled by edit.
func document(generation uint64, edit ...func(*wire.Desired)) wire.Desired {
	d := wire.Desired{Tenant: "lensmonde", Agent: "gw", KeyEpoch: 1, Generation: generation, Protocol: string(examples.Lensmonde)}
	for _, f := range edit {
		f(&d)
	}
	return d
}

func deciding(t testing.TB, key ed25519.PrivateKey, ds ...policy.Decision) func(*wire.Desired) {
	return func(d *wire.Desired) {
		for _, x := range ds {
			d.Decisions = append(d.Decisions, seal(t, wire.TypeDecision, x, key))
		}
	}
}

func releasing(t testing.TB, key ed25519.PrivateKey, rs ...policy.Release) func(*wire.Desired) {
	return func(d *wire.Desired) {
		for _, x := range rs {
			d.Releases = append(d.Releases, seal(t, wire.TypeRelease, x, key))
		}
	}
}

func message(t testing.TB, d wire.Desired, key ed25519.PrivateKey) []byte {
	t.Helper()
	b, err := json.Marshal(seal(t, wire.TypeDesired, d, key))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// output gathers what an agent logs.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// gateway is an agent under test and what it logs.
type gateway struct {
	*Agent

	out  *output
	stop func() // Run, and wait for its end
}

func config(dir string, keys ...byte) Config {
	fast := Duration(50 * time.Millisecond)
	c := Config{
		Tenant: "lensmonde", Agent: "gw", Site: "de-polder", State: dir,
		Discovery: DiscoveryConfig{Subnets: []string{"127.0.0.0/8"}},
		Every:     EveryConfig{Discover: fast, Check: fast, Sample: fast, Retry: fast, Report: fast},
	}
	for _, k := range keys {
		c.Server.Keys = append(c.Server.Keys, wire.EncodeKey(signer(k).Public().(ed25519.PublicKey)))
	}
	return c
}

func newGateway(t testing.TB, c Config, p Parts) *gateway {
	t.Helper()
	g := &gateway{out: &output{}}
	p.Log, p.Version = slog.New(slog.NewJSONHandler(g.out, &slog.HandlerOptions{Level: slog.LevelDebug})), "test"
	a, err := New(context.Background(), c, p)
	if err != nil {
		t.Fatal(err)
	}
	g.Agent = a
	a.clock.synchronised = func() bool { return true }
	return g
}

// at sets the trusted time, or takes the trust away.
func (g *gateway) at(t time.Time, trusted bool) {
	if !trusted {
		g.clock = &clock{floor: t, synchronised: func() bool { return false }}
		return
	}
	g.clock = &clock{synchronised: func() bool { return false }}
	g.clock.trust(t, time.Now())
}

func (g *gateway) start(t testing.TB) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := g.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	}()
	g.stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(g.stop)
}

func (g *gateway) close(t testing.TB) {
	t.Helper()
	if g.stop != nil {
		g.stop()
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
}

// events lists the log's types and data.
func (g *gateway) events(t testing.TB) []wire.Event {
	t.Helper()
	e, err := g.db.Pending(context.Background(), 0, 10000, 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func count(events []wire.Event, typ wire.EventType, subject string) int {
	n := 0
	for _, e := range events {
		if e.Type == typ && (subject == "" || e.Subject == subject) {
			n++
		}
	}
	return n
}

// eventually polls until f says that it is so.
func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !f(); {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// camera is the state of a camera as reported.
func (g *gateway) camera(id string) wire.CameraState {
	for _, c := range g.Status().Reported.Cameras {
		if c.Camera == id {
			return c
		}
	}
	return wire.CameraState{}
}

func (g *gateway) take(t testing.TB, d wire.Desired) {
	t.Helper()
	if err := g.takeDesired(context.Background(), message(t, d, signer(1))); err != nil {
		t.Fatal(err)
	}
}

// fakeBox is a device with two lenses that has masks, and what can go wrong
// with it.
type fakeBox struct {
	make     devices.Info // driver, vendor and model, if they matter
	mu       sync.Mutex
	masks    [2][]devices.Zone
	address  string
	serial   string
	login    error // of Open
	refuses  error // of every Apply
	lies     bool  // accepts and does not apply
	dead     bool  // its streams
	stalls   chan struct{}
	password string
	calls    int
	onCall   func(n int) // with mu held; n counts from 1
	closed   int
}

func newBox() *fakeBox {
	b := &fakeBox{address: "127.0.0.9:80", serial: "LM-2L-0001"}
	b.masks = [2][]devices.Zone{{zone("by hand", 0.9)}, {zone("by hand", 0.9)}}
	return b
}

func zone(id string, at float64) devices.Zone {
	return devices.Zone{ID: id, Polygon: []devices.Point{{X: at, Y: 0}, {X: at + 0.05, Y: 0}, {X: at, Y: 0.05}}}
}

// driverName is that of a standard unless the box says otherwise: what a
// device announces needs no consent.
func (b *fakeBox) driverName() string {
	if b.make.Driver != "" {
		return b.make.Driver
	}
	return "onvif"
}

func (b *fakeBox) set(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

func (b *fakeBox) covered(i int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.ContainsFunc(b.masks[i], func(z devices.Zone) bool { return z.ID == "all" })
}

func (b *fakeBox) clean(i int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.masks[i]) == 1 && b.masks[i][0].ID == "by hand"
}

func (b *fakeBox) driver() devices.Driver {
	return devices.Driver{
		Name: "fake",
		Discover: func(_ context.Context, _ devices.Search, found func(devices.Found)) error {
			b.mu.Lock()
			f := devices.Found{Endpoint: boxID, Address: b.address, Interface: "lo", How: "multicast"}
			b.mu.Unlock()
			found(f)
			return nil
		},
		Open: func(_ context.Context, t devices.Target) ([]devices.Camera, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			if t.Found.Address != b.address {
				return nil, &devices.Error{Device: t.Found.Address, Op: "open", Err: devices.ErrUnreachable}
			}
			b.password = string(t.Credentials.Password)
			if b.login != nil {
				return nil, &devices.Error{Device: b.address, Op: "log in", Err: b.login, Remedy: "check the account"}
			}
			return []devices.Camera{&fakeCam{b, 0}, &fakeCam{b, 1}}, nil
		},
	}
}

type fakeCam struct {
	b *fakeBox
	i int
}

// call counts a call and stalls if it must. It returns with the lock held.
func (c *fakeCam) call(ctx context.Context) error {
	c.b.mu.Lock()
	stalls := c.b.stalls
	c.b.mu.Unlock()
	if stalls != nil {
		select {
		case <-ctx.Done():
		case <-stalls:
		}
	}
	c.b.mu.Lock()
	c.b.calls++
	if c.b.onCall != nil {
		c.b.onCall(c.b.calls)
	}
	if ctx.Err() != nil {
		return &devices.Error{Device: c.b.address, Op: "ask", Err: devices.ErrUnreachable}
	}
	return nil
}

func (c *fakeCam) Info() devices.Info {
	c.b.mu.Lock()
	defer c.b.mu.Unlock()
	return devices.Info{Driver: c.b.driverName(), Address: c.b.address, Endpoint: boxID, Serial: c.b.serial, Vendor: c.b.make.Vendor, Model: c.b.make.Model, Firmware: c.b.make.Firmware}
}

func (c *fakeCam) Watch(context.Context, func(devices.Event)) error { return devices.ErrUnsupported }

func (c *fakeCam) Close() error {
	c.b.set(func() { c.b.closed++ })
	return nil
}

func (c *fakeCam) Observe(ctx context.Context) (devices.Observation, error) {
	defer c.b.mu.Unlock()
	path := devices.Path{ID: "main", Kind: devices.PathStream, URL: "rtsp://127.0.0.9/" + string(rune('0'+c.i)), Window: devices.Of(devices.Full())}
	return devices.Observation{Paths: devices.Of([]devices.Path{path})}, c.call(ctx)
}

func (c *fakeCam) Methods(ctx context.Context) ([]devices.Method, error) {
	defer c.b.mu.Unlock()
	return []devices.Method{devices.MethodDeviceMask}, c.call(ctx)
}

func (c *fakeCam) State(ctx context.Context, m devices.Method) (devices.State, error) {
	defer c.b.mu.Unlock()
	if err := c.call(ctx); err != nil {
		return devices.State{}, err
	}
	data, err := json.Marshal(c.b.masks[c.i])
	return devices.State{Method: m, Driver: c.b.driverName(), Data: data}, err
}

func (c *fakeCam) Apply(ctx context.Context, u devices.Undo, want devices.Cover) (devices.Cover, error) {
	defer c.b.mu.Unlock()
	if err := c.call(ctx); err != nil {
		return devices.Cover{}, err
	}
	if c.b.refuses != nil {
		return devices.Cover{}, &devices.Error{Device: c.b.address, Op: "write masks", Err: c.b.refuses}
	}
	if c.b.lies {
		return want, nil
	}
	var before []devices.Zone
	if err := json.Unmarshal(u.Before.Data, &before); err != nil {
		return devices.Cover{}, err
	}
	if want.Whole {
		before = append(before, devices.FullZone("all"))
	}
	c.b.masks[c.i] = append(before, want.Zones...)
	return want, nil
}

func (c *fakeCam) Holds(ctx context.Context, _ devices.Undo, want devices.Cover) (bool, error) {
	defer c.b.mu.Unlock()
	if err := c.call(ctx); err != nil {
		return false, err
	}
	has := func(id string) bool {
		return slices.ContainsFunc(c.b.masks[c.i], func(z devices.Zone) bool { return z.ID == id })
	}
	for _, z := range want.Zones {
		if !want.Whole && !has(z.ID) {
			return false, nil
		}
	}
	return !want.Whole || has("all"), nil
}

func (c *fakeCam) Restore(ctx context.Context, u devices.Undo) error {
	defer c.b.mu.Unlock()
	if err := c.call(ctx); err != nil {
		return err
	}
	return json.Unmarshal(u.Before.Data, &c.b.masks[c.i])
}

// parts are the fake device and eyes that see its masks.
func (b *fakeBox) parts() Parts {
	return Parts{Drivers: []devices.Driver{b.driver()}, Eyes: fakeEyes{b}}
}

var _ cover.Eyes = fakeEyes{}

// drop takes a camera's block out of a protocol.
func drop(text, camera string) string {
	i := strings.Index(text, "  - id: "+camera+"\n    site:")
	j := strings.Index(text[i+1:], "\n  - id:")
	return text[:i] + text[i+1+j+1:]
}

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t testing.TB, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}
