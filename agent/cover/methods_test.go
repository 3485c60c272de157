package cover_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/agent/cover"
	"github.com/lensdop/lensdop/agent/state"
	"github.com/lensdop/lensdop/devices"
	"pgregory.net/rapid"
)

// turning is a device with every kind of method; each method is a switch.
type turning struct {
	on     map[devices.Method]devices.Cover // what each method covers now
	broken map[devices.Method]error
	untold map[devices.Method]error // by Holds
	stuck  map[devices.Method]error // by Restore
	deaf   error                    // by Methods
	late   bool                     // what fails was done all the same
	calls  []string
	open   bool // the picture was uncovered while the whole of it was wanted
	whole  bool // it is wanted
}

func (d *turning) Info() devices.Info {
	return devices.Info{Driver: "turning", Address: "192.0.2.1:80", Endpoint: "urn:uuid:2", Vendor: "V", Model: "M"}
}

func (d *turning) Observe(context.Context) (devices.Observation, error) {
	return devices.Observation{}, nil
}

func (d *turning) Watch(context.Context, func(devices.Event)) error { return devices.ErrUnsupported }
func (d *turning) Close() error                                     { return nil }

func (d *turning) Methods(context.Context) ([]devices.Method, error) {
	return []devices.Method{
		devices.MethodDeviceMask, devices.MethodPark, devices.MethodContact,
		devices.MethodSoundOff, devices.MethodRecordingOff, devices.MethodRetention,
	}, d.deaf
}

func (d *turning) State(_ context.Context, m devices.Method) (devices.State, error) {
	b, err := json.Marshal(d.on[m])
	return devices.State{Method: m, Driver: "turning", Data: b}, err
}

func (d *turning) Apply(_ context.Context, u devices.Undo, c devices.Cover) (devices.Cover, error) {
	d.calls = append(d.calls, "apply "+string(u.Method))
	if err := d.broken[u.Method]; err != nil {
		if d.late {
			d.on[u.Method] = c
		}
		return devices.Cover{}, err
	}
	if !slices.ContainsFunc(u.Wrote, c.Equal) {
		return devices.Cover{}, errors.New("not journalled before the write")
	}
	d.on[u.Method] = c
	d.look()
	return c, nil
}

func (d *turning) Holds(_ context.Context, u devices.Undo, c devices.Cover) (bool, error) {
	return d.on[u.Method].Includes(c), d.untold[u.Method]
}

func (d *turning) Restore(_ context.Context, u devices.Undo) error {
	d.calls = append(d.calls, "restore "+string(u.Method))
	var before devices.Cover
	if err := json.Unmarshal(u.Before.Data, &before); err != nil {
		return err
	}
	if err := d.stuck[u.Method]; err != nil {
		if d.late {
			d.on[u.Method] = before
			d.look()
		}
		return err
	}
	d.on[u.Method] = before
	d.look()
	return nil
}

// look notes whether anything is to be seen while nothing may be.
func (d *turning) look() {
	covered := d.on[devices.MethodDeviceMask].Whole || d.on[devices.MethodPark].Whole || d.on[devices.MethodContact].Whole
	d.open = d.open || d.whole && !covered
}

// site drives one turning camera.
type site struct {
	t       *testing.T
	db      *state.DB
	d       *turning
	methods []devices.Method
	basis   func(string, devices.Method) (devices.Basis, bool)
	camera  string
}

func newTurning() *turning {
	return &turning{on: map[devices.Method]devices.Cover{}, broken: map[devices.Method]error{}}
}

func newSite(t *testing.T, methods ...devices.Method) *site {
	t.Helper()
	db, _ := setUp(t)
	return &site{t: t, db: db, camera: "entree", d: newTurning(), methods: methods}
}

func (s *site) drive(want devices.Cover) cover.Driven {
	s.t.Helper()
	d, err := s.try(want)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

func (s *site) journalled() (methods []devices.Method) {
	s.t.Helper()
	j, err := s.db.Journal(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range j {
		if e.Camera == s.camera {
			methods = append(methods, e.Undo.Method)
		}
	}
	return methods
}

func TestParkedThenMasked(t *testing.T) {
	zones := devices.Cover{Zones: []devices.Zone{zone("desk", 0.1)}}
	whole := devices.Cover{Whole: true, Zones: zones.Zones}
	s := newSite(t, devices.MethodPark, devices.MethodDeviceMask)
	if d := s.drive(zones); d.Method != devices.MethodDeviceMask {
		t.Errorf("a zone is covered by %q; parking would cover all", d.Method)
	}
	s.d.calls = nil
	if d := s.drive(whole); d.Method != devices.MethodPark || !slices.Equal(s.d.calls, []string{"apply park"}) {
		t.Errorf("driven %+v by %q, want it parked and the masks left", d, s.d.calls)
	}
	if !s.d.on[devices.MethodDeviceMask].Equal(zones) {
		t.Error("the permanent mask went while the camera was parked")
	}
	s.d.calls = nil
	if d := s.drive(zones); d.Restored || !slices.Equal(s.d.calls, []string{"restore park"}) {
		t.Errorf("released: %+v by %q", d, s.d.calls)
	}
	if got := s.journalled(); !slices.Equal(got, []devices.Method{devices.MethodDeviceMask}) {
		t.Errorf("the journal has %q", got)
	}
	if d := s.drive(devices.Cover{}); !d.Restored || len(s.journalled()) != 0 {
		t.Errorf("driven %+v, journal %q", d, s.journalled())
	}
}

func TestNothingIsUndoneBeforeItsPlaceIsTaken(t *testing.T) {
	s := newSite(t, devices.MethodPark, devices.MethodContact, devices.MethodDeviceMask)
	s.d.broken[devices.MethodPark] = devices.ErrNotApplied
	whole := devices.Cover{Whole: true}
	if d := s.drive(whole); d.Method != devices.MethodContact || len(d.Trouble) != 1 {
		t.Fatalf("driven %+v, want the next method and the first one's failure", d)
	}
	s.d.whole = true
	s.d.broken[devices.MethodPark] = nil
	s.d.calls = nil
	if d := s.drive(whole); d.Method != devices.MethodPark || !slices.Equal(s.d.calls, []string{"apply park", "restore contact"}) {
		t.Errorf("driven %+v by %q", d, s.d.calls)
	}
	// What held the picture stays while nothing else does.
	s.d.broken[devices.MethodPark], s.d.broken[devices.MethodContact], s.d.broken[devices.MethodDeviceMask] = devices.ErrNotApplied, devices.ErrNotApplied, devices.ErrNotApplied
	s.methods = []devices.Method{devices.MethodContact, devices.MethodDeviceMask}
	if d := s.drive(whole); d.Method != "" {
		t.Errorf("driven %+v", d)
	}
	if s.d.open {
		t.Error("the picture was open on the way from one method to another")
	}
}

func TestSoundRecordingAndAge(t *testing.T) {
	s := newSite(t, devices.MethodDeviceMask, devices.MethodSoundOff, devices.MethodRecordingOff, devices.MethodRetention)
	week := devices.Cover{MaxAge: 7 * 24 * time.Hour}
	if s.drive(week); !slices.Equal(s.d.calls, []string{"apply retention"}) {
		t.Errorf("outside a window: %q", s.d.calls)
	}
	s.d.calls = nil
	d := s.drive(devices.Cover{Whole: true, Sound: true, MaxAge: week.MaxAge})
	if d.Method != devices.MethodDeviceMask || !slices.Equal(s.d.calls, []string{"apply device-mask", "apply sound-off", "apply recording-off"}) {
		t.Errorf("in a window: %+v by %q", d, s.d.calls)
	}
	if !d.Reported.Whole {
		t.Errorf("reported %+v", d.Reported)
	}
	s.d.on[devices.MethodSoundOff] = devices.Cover{}
	s.d.calls = nil
	if d := s.drive(devices.Cover{Whole: true, Sound: true, MaxAge: week.MaxAge}); d.Lost || len(d.Trouble) != 1 || !slices.Equal(s.d.calls, []string{"apply sound-off"}) {
		t.Errorf("sound came back by itself: %+v by %q", d, s.d.calls)
	}
	s.d.calls = nil
	d = s.drive(week)
	slices.Sort(s.d.calls)
	if d.Restored || !slices.Equal(s.d.calls, []string{"restore device-mask", "restore recording-off", "restore sound-off"}) {
		t.Errorf("after the window: %+v by %q", d, s.d.calls)
	}
	if got := s.journalled(); !slices.Equal(got, []devices.Method{devices.MethodRetention}) {
		t.Errorf("the journal has %q", got)
	}
	// A method that the protocol no longer orders is given up.
	s.methods = s.methods[:1]
	if d := s.drive(week); !d.Restored || len(s.journalled()) != 0 {
		t.Errorf("driven %+v, journal %q", d, s.journalled())
	}
}

func TestWritesNeedConsent(t *testing.T) {
	s := newSite(t, devices.MethodPark, devices.MethodDeviceMask)
	s.basis = func(driver string, m devices.Method) (devices.Basis, bool) {
		if driver != "turning" {
			t.Errorf("asked about driver %q", driver)
		}
		return devices.BasisRead, m == devices.MethodDeviceMask
	}
	whole := devices.Cover{Whole: true}
	d := s.drive(whole)
	if d.Method != devices.MethodDeviceMask || len(d.Trouble) != 1 || !strings.Contains(d.Trouble[0], "consent") || !strings.Contains(d.Trouble[0], "V M") {
		t.Errorf("driven %+v", d)
	}
	if slices.Contains(s.d.calls, "apply park") {
		t.Error("it was written without consent")
	}
	j, err := s.db.Journal(t.Context())
	if err != nil || len(j) != 1 || j[0].Undo.Basis != devices.BasisRead {
		t.Errorf("journal %+v, %v; want it told apart", j, err)
	}
	// A consent that is taken back stops no undoing and drops no cover.
	s.basis = func(string, devices.Method) (devices.Basis, bool) { return devices.BasisRead, false }
	if d := s.drive(whole); d.Method != devices.MethodDeviceMask {
		t.Errorf("a cover in force was given up: %+v", d)
	}
	if d := s.drive(devices.Cover{}); !d.Restored {
		t.Errorf("driven %+v", d)
	}
}

// try is drive for a pass that may fail.
func (s *site) try(want devices.Cover) (cover.Driven, error) {
	return cover.Drive(s.t.Context(), cover.Job{
		DB: s.db, At: time.Unix(1, 0), Camera: s.camera, Device: s.d, Methods: s.methods, Want: want, Lost: noLoss, Basis: s.basis,
	})
}

// A recorder that no longer answers for its recordings, or answers nonsense,
// keeps neither the picture from being released nor the sound from being cut.
func TestOneMethodsFaultStopsNoOther(t *testing.T) {
	week := devices.Cover{MaxAge: 7 * 24 * time.Hour}
	window := devices.Cover{Whole: true, Sound: true, MaxAge: week.MaxAge}
	for _, fault := range []error{devices.ErrUnreachable, devices.ErrMalformed, devices.ErrBusy} {
		for _, c := range []struct {
			name string
			set  func(d *turning)
		}{
			{"retention is not told", func(d *turning) { d.untold = map[devices.Method]error{devices.MethodRetention: fault} }},
			{"methods are not told", func(d *turning) { d.deaf = fault }},
			{"recording cannot be undone", func(d *turning) { d.stuck = map[devices.Method]error{devices.MethodRecordingOff: fault} }},
		} {
			t.Run(c.name+": "+fault.Error(), func(t *testing.T) {
				s := newSite(t, devices.MethodDeviceMask, devices.MethodSoundOff, devices.MethodRecordingOff, devices.MethodRetention)
				s.drive(window)
				c.set(s.d)
				d, err := s.try(week)
				if !errors.Is(err, fault) && len(d.Trouble) == 0 {
					t.Errorf("the fault is not told: %+v, %v", d, err)
				}
				if s.d.on[devices.MethodDeviceMask].Whole || s.d.on[devices.MethodSoundOff].Sound {
					t.Errorf("released, and it still has %v", s.d.on)
				}
				if d.Restored {
					t.Error("it says that all is as it was")
				}
			})
		}
	}
	s := newSite(t, devices.MethodPark, devices.MethodDeviceMask, devices.MethodSoundOff)
	s.drive(devices.Cover{Whole: true})
	s.d.untold = map[devices.Method]error{devices.MethodPark: devices.ErrMalformed}
	s.d.calls = nil
	if d, err := s.try(devices.Cover{Whole: true, Sound: true}); err != nil || d.Method != devices.MethodDeviceMask || d.Lost ||
		!slices.Equal(s.d.calls, []string{"apply device-mask", "apply sound-off"}) {
		t.Errorf("the park position is not told: %+v, %v by %q; want the next method too, and nothing given up", d, err, s.d.calls)
	}
	s.d.untold = nil
	if d := s.drive(devices.Cover{Whole: true, Sound: true}); d.Method != devices.MethodPark || !slices.Contains(s.d.calls, "restore device-mask") {
		t.Errorf("told again: %+v by %q", d, s.d.calls)
	}
}

// What others changed is theirs, but not together with what is still ours.
func TestForeignChangesDoNotHideOurs(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		kept bool
	}{
		{"foreign", &devices.Error{Err: fmt.Errorf("%w: mask 1", devices.ErrForeign)}, false},
		{"all foreign", errors.Join(devices.ErrForeign, fmt.Errorf("%w: mask 1", devices.ErrForeign)), false},
		{"foreign, and ours is still there", &devices.Error{Err: fmt.Errorf("%w; %w", devices.ErrNotApplied, devices.ErrForeign)}, true},
		{"foreign, and no answer to ours", errors.Join(devices.ErrForeign, devices.ErrBusy), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, devices.MethodDeviceMask)
			s.drive(devices.Cover{Whole: true})
			s.d.stuck = map[devices.Method]error{devices.MethodDeviceMask: c.err}
			d, err := s.try(devices.Cover{})
			if got := len(s.journalled()) > 0; got != c.kept || err != nil || len(d.Trouble) != 1 || d.Restored == c.kept {
				t.Errorf("kept %t, %+v, %v", got, d, err)
			}
		})
	}
}

// Retention deletes: a consent that was taken back stops each further write,
// and no undoing.
func TestRetentionAsksBeforeEachWrite(t *testing.T) {
	s := newSite(t, devices.MethodRetention)
	given := false
	s.basis = func(string, devices.Method) (devices.Basis, bool) { return devices.BasisAnnounced, given }
	month, week := devices.Cover{MaxAge: 28 * 24 * time.Hour}, devices.Cover{MaxAge: 7 * 24 * time.Hour}
	if d := s.drive(month); len(s.d.calls) != 0 || len(d.Trouble) != 1 || !strings.Contains(d.Trouble[0], "deletes recordings") {
		t.Errorf("without consent: %+v by %q", d, s.d.calls)
	}
	given = true
	if s.drive(month); !slices.Equal(s.d.calls, []string{"apply retention"}) {
		t.Fatalf("with consent: %q", s.d.calls)
	}
	given, s.d.calls = false, nil
	if d := s.drive(month); len(d.Trouble) != 0 || len(s.d.calls) != 0 {
		t.Errorf("what is in force: %+v by %q", d, s.d.calls)
	}
	if d := s.drive(week); len(d.Trouble) != 1 || len(s.d.calls) != 0 {
		t.Errorf("a shorter one without consent: %+v by %q", d, s.d.calls)
	}
	s.d.on[devices.MethodRetention] = devices.Cover{}
	if s.drive(month); len(s.d.calls) != 0 {
		t.Errorf("put back without consent: %q", s.d.calls)
	}
	if s.drive(devices.Cover{}); !slices.Equal(s.d.calls, []string{"restore retention"}) {
		t.Errorf("undone by %q", s.d.calls)
	}
}

// Whatever fails at whatever step, done or not, and whatever is wanted in
// which order: a whole picture that stays wanted is never seen once it was
// covered, and when the faults are over a release leaves the device as it was.
func TestFaultsNeitherUncoverNorStay(t *testing.T) {
	pictures := []devices.Method{devices.MethodDeviceMask, devices.MethodPark, devices.MethodContact}
	all := append(slices.Clone(pictures), devices.MethodSoundOff, devices.MethodRecordingOff, devices.MethodRetention)
	s, runs := newSite(t), 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		s.d, s.camera, s.methods = newTurning(), fmt.Sprint("camera ", runs), rapid.Permutation(all).Draw(t, "methods")
		covered := func() bool {
			return slices.ContainsFunc(pictures, func(m devices.Method) bool { return s.d.on[m].Whole })
		}
		for range rapid.IntRange(1, 12).Draw(t, "passes") {
			faults := func(what string) map[devices.Method]error {
				f := map[devices.Method]error{}
				for _, m := range all {
					if err := rapid.SampledFrom([]error{
						nil, nil, nil, devices.ErrUnreachable, devices.ErrNotApplied, devices.ErrBusy, devices.ErrMalformed, devices.ErrLogin, errors.Join(devices.ErrForeign, devices.ErrNotApplied),
					}).Draw(t, what); err != nil {
						f[m] = err
					}
				}
				return f
			}
			s.d.broken, s.d.untold, s.d.stuck, s.d.late = faults("apply"), faults("holds"), faults("restore"), rapid.Bool().Draw(t, "late")
			want := devices.Cover{Whole: rapid.IntRange(0, 3).Draw(t, "whole") > 0, Sound: rapid.Bool().Draw(t, "sound")}
			if rapid.Bool().Draw(t, "zones") {
				want.Zones = []devices.Zone{zone("desk", 0.1)}
			}
			s.d.whole, s.d.open = want.Whole && covered(), false
			_, err := s.try(want)
			_ = err // the faults are ours
			if s.d.open {
				t.Fatalf("the picture was seen; %q", s.d.calls)
			}
		}
		s.d.broken, s.d.untold, s.d.stuck, s.d.whole = map[devices.Method]error{}, nil, nil, false
		if _, err := s.try(devices.Cover{}); err != nil {
			t.Fatal(err)
		}
		for m, c := range s.d.on {
			if !c.Empty() {
				t.Fatalf("%s still has %v", m, c)
			}
		}
		if left := s.journalled(); len(left) > 0 {
			t.Fatalf("the journal still has %q", left)
		}
	})
}
