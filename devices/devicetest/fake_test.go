package devicetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
)

const (
	fakeSecret = "open sesame"
	fakeDriver = "fake"
)

// box is a device with two lenses of two masks each. GET /LENS reads them,
// PUT /LENS/ID writes one.
type box struct {
	mu     sync.Mutex
	lens   [2][]devices.MaskSlot
	ignore bool
}

func newBox() *box {
	b := &box{}
	for l := range b.lens {
		for i := range 2 {
			b.lens[l] = append(b.lens[l], devices.MaskSlot{ID: fmt.Sprint(i)})
		}
	}
	return b
}

func (b *box) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var lens, id int
	if n, _ := fmt.Sscanf(r.URL.Path, "/%d/%d", &lens, &id); n < 1 || lens > 1 || id > 1 {
		http.NotFound(w, r)
		return
	}
	if r.Method == http.MethodPut {
		var s devices.MaskSlot
		if err := json.NewDecoder(r.Body).Decode(&s); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if !b.ignore {
			b.lens[lens][id] = s
		}
	}
	_ = json.NewEncoder(w).Encode(b.lens[lens])
}

func (b *box) keeps(lens int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []string
	for _, s := range b.lens[lens] {
		if s.On || len(s.Shape) > 0 {
			list = append(list, fmt.Sprint(s.On, s.Shape))
		}
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func (b *box) shows(lens int, c devices.Cover) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	zones := c.Zones
	if c.Whole {
		zones = []devices.Zone{devices.FullZone("whole")}
	}
	for _, z := range zones {
		for i := range 400 {
			p := devices.Point{X: float64(i%20)/20 + 0.025, Y: float64(i/20)/20 + 0.025}
			if z.Contains(p) && !slices.ContainsFunc(b.lens[lens], func(s devices.MaskSlot) bool {
				return s.On && devices.Zone{Polygon: s.Shape}.Contains(p)
			}) {
				return false
			}
		}
	}
	return true
}

// sins are what a driver can do wrong. The zero value is a good one.
type sins struct {
	blind         bool // believes what it writes
	rewrites      bool // writes what is there already
	adds          bool // never recognises its own work
	wipes         bool // restores by emptying all
	opens         bool // empties before it fills
	touchesAll    bool // covers every lens
	deaf          bool // does not stop when nobody waits
	leaks         bool // the password in an error
	leaksState    bool // the password in the journal
	clear         bool // the password in the address
	nameless      bool // an error without a device
	bare          bool // an error of another type
	emptyOnFault  bool // takes a fault for an empty answer
	writesOnHolds bool
	yesMan        bool // Holds says yes
	boasts        bool // offers a method that it does not have
	closesOnce    bool
	unjournalled  bool // covers what the journal lacks
	sameName      bool // both lenses are called the same
	writesOnLook  bool // Observe writes
	forgetful     bool // knows what was there only until the restart
	silentForeign bool // does not tell of others
}

// fakeCamera is a driver on ApplyMasks, with sins.
type fakeCamera struct {
	sins
	address string
	lens    int
	closed  bool
	memory  *string
}

func (f *fakeCamera) Info() devices.Info {
	source := fmt.Sprint(f.lens)
	if f.sameName {
		source = "0"
	}
	return devices.Info{Driver: fakeDriver, Address: f.address, Source: source}
}

func (f *fakeCamera) fail(err error) error {
	switch {
	case err == nil:
		return nil
	case f.bare:
		return err
	case f.nameless:
		return &devices.Error{Op: "talk", Err: err}
	case f.leaks:
		return &devices.Error{Device: f.address, Op: "log in with " + fakeSecret, Err: err}
	}
	return &devices.Error{Device: f.address, Op: "talk", Err: err}
}

func (f *fakeCamera) ask(ctx context.Context, method, path string, body any) (list []devices.MaskSlot, err error) {
	if f.deaf {
		ctx = context.WithoutCancel(ctx)
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	if f.clear {
		path += "?password=" + strings.ReplaceAll(fakeSecret, " ", "%20") + fakeSecret[:4]
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+f.address+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 2 * promptly}
	res, err := c.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w: %w", devices.ErrUnreachable, err)
	}
	defer res.Body.Close() //nolint:errcheck // it was only read
	if res.StatusCode == http.StatusUnauthorized {
		return nil, devices.ErrLogin
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	if err == nil && res.StatusCode != http.StatusOK {
		err = errors.New(res.Status)
	}
	if err == nil {
		err = json.Unmarshal(b, &list)
	}
	if err != nil && f.emptyOnFault {
		return []devices.MaskSlot{{ID: "0"}}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", devices.ErrMalformed, err)
	}
	return list, nil
}

func (f *fakeCamera) Masks(ctx context.Context) (devices.MaskSlots, error) {
	list, err := f.ask(ctx, http.MethodGet, fmt.Sprintf("/%d", f.lens), nil)
	return devices.MaskSlots{Slots: list, On: true, Snap: func(p []devices.Point) []devices.Point { return p }}, err
}

func (f *fakeCamera) SetMasks(ctx context.Context, _ devices.MaskSlots, change []devices.MaskSlot, _ bool) error {
	put := func(lens int, s devices.MaskSlot) error {
		_, err := f.ask(ctx, http.MethodPut, fmt.Sprintf("/%d/%s", lens, s.ID), s)
		return err
	}
	for _, s := range change {
		if f.opens {
			if err := put(f.lens, devices.MaskSlot{ID: s.ID}); err != nil {
				return err
			}
		}
		if err := put(f.lens, s); err != nil {
			return err
		}
		if f.touchesAll {
			if err := put(1-f.lens, s); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *fakeCamera) Observe(ctx context.Context) (devices.Observation, error) {
	m, err := f.Masks(ctx)
	if err == nil && f.writesOnLook {
		err = f.SetMasks(ctx, m, m.Slots[:1], true)
	}
	return devices.Observation{At: time.Unix(1, 0), Masks: devices.Of(m.Observed())}, f.fail(err)
}

func (f *fakeCamera) Methods(ctx context.Context) ([]devices.Method, error) {
	if _, err := f.Masks(ctx); err != nil {
		return nil, f.fail(err)
	}
	if f.boasts {
		return []devices.Method{devices.MethodDeviceMask, devices.MethodPark}, nil
	}
	return []devices.Method{devices.MethodDeviceMask}, nil
}

func (f *fakeCamera) State(ctx context.Context, m devices.Method) (devices.State, error) {
	if m != devices.MethodDeviceMask {
		return devices.State{}, f.fail(devices.ErrUnsupported)
	}
	data, err := devices.MaskState(ctx, f)
	if err != nil {
		return devices.State{}, f.fail(err)
	}
	if f.leaksState {
		data = json.RawMessage(strings.Replace(string(data), "{", `{"login":"`+fakeSecret+`",`, 1))
	}
	if f.forgetful {
		*f.memory = string(data)
		data = json.RawMessage(`{"slots":[]}`)
	}
	return devices.State{Method: m, Driver: fakeDriver, Data: data}, nil
}

func (f *fakeCamera) known(u devices.Undo) (devices.Undo, error) {
	if f.forgetful {
		u.Before.Data = json.RawMessage(*f.memory)
	}
	if u.Before.Driver != fakeDriver || u.Before.Method != u.Method {
		return u, errors.New("not ours")
	}
	return u, nil
}

func (f *fakeCamera) Apply(ctx context.Context, u devices.Undo, c devices.Cover) (devices.Cover, error) {
	u, err := f.known(u)
	if err != nil {
		return devices.Cover{}, f.fail(err)
	}
	if f.unjournalled {
		u.Wrote = append(u.Wrote, c)
	}
	now, err := f.Masks(ctx)
	switch {
	case err != nil:
		return devices.Cover{}, f.fail(err)
	case f.blind:
		_ = f.SetMasks(ctx, now, []devices.MaskSlot{{ID: "0", Shape: devices.FullZone("").Polygon, On: true}}, true)
		return c, nil
	case f.rewrites:
		if err := f.SetMasks(ctx, now, now.Slots, true); err != nil {
			return devices.Cover{}, f.fail(err)
		}
	case f.adds:
		for i, s := range now.Slots {
			if !s.On {
				err := f.SetMasks(ctx, now, []devices.MaskSlot{{ID: fmt.Sprint(i), Shape: c.Zones[0].Polygon, On: true}}, true)
				return c, f.fail(err)
			}
		}
	}
	got, err := devices.ApplyMasks(ctx, f, u, c)
	return got, f.fail(err)
}

func (f *fakeCamera) Holds(ctx context.Context, u devices.Undo, c devices.Cover) (bool, error) {
	u, err := f.known(u)
	if err != nil {
		return false, f.fail(err)
	}
	now, err := f.Masks(ctx)
	if err == nil && f.writesOnHolds {
		err = f.SetMasks(ctx, now, now.Slots[:1], true)
	}
	if err != nil || f.yesMan {
		return err == nil, f.fail(err)
	}
	ok, err := devices.HoldMasks(ctx, f, u, c)
	return ok, f.fail(err)
}

func (f *fakeCamera) Restore(ctx context.Context, u devices.Undo) error {
	u, err := f.known(u)
	if err != nil {
		return f.fail(err)
	}
	if f.wipes {
		now, err := f.Masks(ctx)
		if err != nil {
			return f.fail(err)
		}
		for i := range now.Slots {
			now.Slots[i] = devices.MaskSlot{ID: now.Slots[i].ID}
		}
		return f.fail(f.SetMasks(ctx, now, now.Slots, true))
	}
	err = devices.RestoreMasks(ctx, f, u)
	if f.silentForeign && errors.Is(err, devices.ErrForeign) {
		return nil
	}
	return f.fail(err)
}

func (f *fakeCamera) Watch(context.Context, func(devices.Event)) error {
	return f.fail(devices.ErrUnsupported)
}

func (f *fakeCamera) Close() error {
	if f.closesOnce && f.closed {
		return errors.New("closed before")
	}
	f.closed = true
	return nil
}

func fakeKit(s sins) Kit {
	rect := func(id string, x0, y0, x1, y1 float64) devices.Zone {
		return devices.Zone{ID: id, Polygon: devices.Rect{Min: devices.Point{X: x0, Y: y0}, Max: devices.Point{X: x1, Y: y1}}.Corners()}
	}
	a, c := rect("a", 0.1, 0.1, 0.3, 0.3), rect("c", 0.5, 0.5, 0.9, 0.9)
	return Kit{
		Method: devices.MethodDeviceMask, Secrets: []string{fakeSecret},
		Covers: []devices.Cover{{Zones: []devices.Zone{a}}, {Zones: []devices.Zone{a, c}}, {Whole: true, Zones: []devices.Zone{a, c}}},
		Start: func(t testing.TB) *Device {
			b := newBox()
			server := httptest.NewServer(b)
			t.Cleanup(server.Close)
			w := NewWire(t, server.Listener.Addr().String(), []string{fakeSecret}, func(r *http.Request, _ []byte) bool { return r.Method == http.MethodPut })
			theirs := rect("", 0.8, 0, 1, 0.1).Polygon
			return &Device{
				Wire: w,
				Open: func(ctx context.Context) ([]devices.Camera, error) {
					memory := ""
					cams := []devices.Camera{&fakeCamera{sins: s, address: w.Address(), lens: 0, memory: &memory}, &fakeCamera{sins: s, address: w.Address(), lens: 1, memory: &memory}}
					_, err := cams[0].Methods(ctx)
					return cams, err
				},
				Shows: func(_ testing.TB, lens int, c devices.Cover) bool { return b.shows(lens, c) },
				Keeps: func(_ testing.TB, lens int) string { return b.keeps(lens) },
				Others: []Other{{
					Name: "a new mask", Early: true,
					Change: func(testing.TB) {
						b.mu.Lock()
						defer b.mu.Unlock()
						b.lens[0][1] = devices.MaskSlot{ID: "1", Shape: theirs, On: true}
					},
					Stays: func(testing.TB) bool { return strings.Contains(b.keeps(0), fmt.Sprint(theirs)) },
				}},
				Ignores: map[string]func(testing.TB){"ignored": func(testing.TB) {
					b.mu.Lock()
					defer b.mu.Unlock()
					b.ignore = true
				}},
			}
		},
	}
}
