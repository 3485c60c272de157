package picture

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/lensdop/lensdop/devices"
)

// Thresholds were chosen on the scenes from seed 100 on. Those from heldOut on
// were looked at afterwards, and no threshold was changed since. A false
// decision fails a test outright; how many scenes may stay undecided ("most")
// only guards against getting worse, and was set after that look.
const heldOut = 50_000

// seeds of a run: LENSDOP_SEED moves them.
func firstSeed() uint64 {
	if n, err := strconv.ParseUint(os.Getenv("LENSDOP_SEED"), 10, 64); err == nil {
		return n
	}
	return heldOut
}

// tally counts verdicts for the table that a test prints.
type tally map[State]int

func (c tally) String() string { return fmt.Sprint(map[State]int(maps.Clone(c))) }

// others counts the verdicts that are none of these.
func (c tally) others(ok ...State) int {
	n := 0
	for s, k := range c {
		n += k
		for _, o := range ok {
			if s == o {
				n -= k
			}
		}
	}
	return n
}

func TestCoveredTable(t *testing.T) {
	const scenes = 60 / fewer
	first := firstSeed()
	qualities := []int{40, 60, 80, 95}
	for _, c := range []struct {
		name string
		take func(i uint64) shot
		ok   []State // anything else is false
		most int     // scenes that may miss want, never leaving ok
		want State
	}{
		{"day", func(i uint64) shot { return shot{noise: 2, people: int(i % 4)} }, []State{Open}, 0, Open},
		{"day, limited range", func(uint64) shot { return shot{noise: 2, limited: true} }, []State{Open}, 0, Open},
		{"day, noisy", func(uint64) shot { return shot{noise: 12} }, []State{Open, Unknown}, 2, Open},
		{"dim", func(uint64) shot { return shot{gain: 0.3, noise: 4} }, []State{Open, Unknown}, 12, Open},
		{"dusk", func(uint64) shot { return shot{gain: 0.1, noise: 5} }, []State{Open, Unknown}, 60, Unknown},
		{"night", func(uint64) shot { return shot{gain: 0.02, bias: 4, noise: 4} }, []State{Unknown}, 0, Unknown},
		{"night, high gain", func(uint64) shot { return shot{gain: 0.02, bias: 14, noise: 14} }, []State{Unknown}, 0, Unknown},
		{"night, denoised", func(uint64) shot { return shot{gain: 0.01, bias: 12} }, []State{Unknown}, 0, Unknown},
		{"device black", func(uint64) shot { return shot{after: level(0)} }, []State{DeviceBlack}, 0, DeviceBlack},
		{"device black, limited range", func(uint64) shot { return shot{after: level(0), limited: true} }, []State{DeviceBlack}, 0, DeviceBlack},
		{"device grey", func(uint64) shot { return shot{after: level(128)} }, []State{LensCovered}, 0, LensCovered},
		{"paper tape", func(uint64) shot { return shot{paint: tape(120, 60, 0, 0), noise: 4} }, []State{LensCovered, Unknown}, 3, LensCovered},
		{"cloth tape", func(uint64) shot { return shot{paint: tape(70, 30, 9, 0), noise: 6} }, []State{LensCovered, Unknown}, 8, LensCovered},
		{"bright with infrared", func(uint64) shot { return shot{paint: tape(225, 40, 2, 0), noise: 2} }, []State{LensCovered, Unknown}, 3, LensCovered},
		{"tape with a soft leak", func(uint64) shot { return shot{paint: tape(80, 20, 3, 60), noise: 3} }, []State{LensCovered, Unknown}, 20, LensCovered},
		{"black tape", func(uint64) shot { return shot{paint: tape(6, 0, 1, 0), noise: 2} }, []State{Unknown}, 0, Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, missed := tally{}, 0
			for i := range uint64(scenes) {
				k := c.take(i)
				k.seed, k.quality = first+i, qualities[i%4]
				if i%10 == 0 {
					k.w, k.h = 960, 540
				}
				m := Measure(room(first+i).take(t, k), nil)
				v := Covered([]Measures{m}, nil)
				got[v.State]++
				if v.State != c.want {
					missed++
				}
				if v.State == Unknown && v.Reason == "" || v.Margin < 0 || v.Margin > 1 {
					t.Errorf("verdict %+v", v)
				}
				if testing.Verbose() && v.State != c.want {
					t.Logf("scene %d: %+v %+v", first+i, v, m)
				}
			}
			t.Logf("%d scenes: %v", scenes, got)
			if n := got.others(c.ok...); n > 0 {
				t.Errorf("%d of %d false: %v", n, scenes, got)
			}
			if missed > c.most {
				t.Errorf("%d of %d missed %q: %v", missed, scenes, c.want, got)
			}
		})
	}
}

func TestCoveredOverSeveralLooks(t *testing.T) {
	s := room(1)
	open := Measure(s.take(t, shot{noise: 2}), nil)
	black := Measure(s.take(t, shot{after: level(0)}), nil)
	grey := Measure(s.take(t, shot{after: level(120)}), nil)
	night := Measure(s.take(t, shot{gain: 0.02, noise: 4}), nil)
	match := Match{Known: true, Score: 0.9}
	for _, c := range []struct {
		name  string
		looks []Measures
		m     []Match
		want  State
	}{
		{"none", nil, nil, Unknown},
		{"one open between black ones", []Measures{black, open, black}, nil, Open},
		{"black and grey", []Measures{black, grey}, nil, LensCovered},
		{"black and night", []Measures{black, night}, nil, Unknown},
		{"black", []Measures{black, black}, nil, DeviceBlack},
		{"flat, and yet the reference", []Measures{grey}, []Match{match}, Open},
		{"flat, and not the reference", []Measures{grey}, []Match{{Known: true, Score: 0.1}, {}}, LensCovered},
		{"not measured", []Measures{{}}, nil, Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			if v := Covered(c.looks, c.m); v.State != c.want {
				t.Errorf("got %+v", v)
			}
		})
	}
}

func TestOverlayIsLeftOut(t *testing.T) {
	clock := box4(0.02, 0.03, 0.4, 0.1)
	text := func(m []float64, w, h int) {
		for y := h * 4 / 100; y < h*9/100; y++ {
			for x := w * 3 / 100; x < w*38/100; x++ {
				if (x/3+y/4)%2 == 0 {
					m[y*w+x] = 255
				}
			}
		}
	}
	k := shot{after: level(0), quality: 60}
	black := k.after
	k.after = func(m []float64, w, h int, r *rand.Rand) { black(m, w, h, r); text(m, w, h) }
	l := room(3).take(t, k)
	if v := Covered([]Measures{Measure(l, []devices.Zone{clock})}, nil); v.State != DeviceBlack {
		t.Errorf("with the clock left out: %+v", v)
	}
	if v := Covered([]Measures{Measure(l, nil)}, nil); v.Closed() {
		t.Errorf("with the clock: %+v", v)
	}
	if m := Measure(l, []devices.Zone{devices.FullZone("all")}); m.Measured {
		t.Errorf("all left out: %+v", m)
	}
}

func TestMaskedTable(t *testing.T) {
	const scenes = 60 / fewer
	first := firstSeed()
	zone := box4(0.55, 0.2, 0.9, 0.7)
	small := box4(0.5, 0.5, 0.505, 0.51)
	for _, c := range []struct {
		name string
		zone devices.Zone
		take func(i uint64) shot
		ok   []State
		most int
		want State
	}{
		{"black mask", zone, func(uint64) shot { return shot{noise: 3, after: within(zone, 0)} }, []State{IsMasked, Unknown}, 3, IsMasked},
		{"grey mask", zone, func(uint64) shot { return shot{noise: 1, after: within(zone, 128)} }, []State{IsMasked, Unknown}, 3, IsMasked},
		{"white mask, limited range", zone, func(uint64) shot { return shot{noise: 2, limited: true, after: within(zone, 235)} }, []State{IsMasked, Unknown}, 3, IsMasked},
		{"no mask", zone, func(uint64) shot { return shot{noise: 3, people: 2} }, []State{Open, Unknown}, 12, Open},
		{"mask that was moved", zone, func(uint64) shot { return shot{noise: 3, after: within(box4(0.65, 0.2, 1, 0.7), 0)} }, []State{Open, Unknown}, 12, Open},
		{"bare wall in slanting light", zone, func(uint64) shot { return shot{noise: 3, paint: wall(zone, 140)} }, []State{Open, Unknown}, 5, Unknown},
		{"bare wall", zone, func(uint64) shot { return shot{noise: 3, paint: within(zone, 140)} }, []State{Open, Unknown}, 5, Unknown},
		{"whole picture black", zone, func(uint64) shot { return shot{after: level(0)} }, []State{Unknown}, 0, Unknown},
		{"too small", small, func(uint64) shot { return shot{noise: 2, after: within(small, 0)} }, []State{Unknown}, 0, Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, missed := tally{}, 0
			for i := range uint64(scenes) {
				var in []ZoneMeasures
				var whole []Measures
				for look := range uint64(2) {
					k := c.take(i)
					k.seed, k.quality = first+2*i+look, []int{50, 70, 90}[i%3]
					l := room(first+i).take(t, k)
					in, whole = append(in, MeasureZone(l, c.zone, nil)), append(whole, Measure(l, nil))
				}
				v := Masked(in, whole)
				got[v.State]++
				if v.State != c.want {
					missed++
					if testing.Verbose() {
						t.Logf("scene %d: %+v %+v", first+i, v, in)
					}
				}
			}
			t.Logf("%d scenes: %v", scenes, got)
			if n := got.others(c.ok...); n > 0 {
				t.Errorf("%d of %d false: %v", n, scenes, got)
			}
			if missed > c.most {
				t.Errorf("%d of %d missed %q: %v", missed, scenes, c.want, got)
			}
		})
	}
}

func TestSameViewTable(t *testing.T) {
	const scenes = 40 / fewer
	first := firstSeed()
	const tolerance = 0.10
	for _, c := range []struct {
		name  string
		other uint64 // another room
		take  func(i uint64) shot
		ok    []State
		most  int
		want  State
	}{
		{"same", 0, func(uint64) shot { return shot{noise: 2} }, []State{Same, Unknown}, 2, Same},
		{"same, people", 0, func(uint64) shot { return shot{noise: 3, people: 4} }, []State{Same, Unknown}, 10, Same},
		{"same, darker", 0, func(uint64) shot { return shot{noise: 4, gain: 0.45} }, []State{Same, Unknown}, 5, Same},
		{"same, brighter, low quality", 0, func(uint64) shot { return shot{noise: 2, gain: 1.15, bias: 10, people: 1} }, []State{Same, Unknown}, 5, Same},
		{"shift of 4 %", 0, func(uint64) shot { return shot{noise: 3, dx: 0.04, people: 1} }, []State{Same, Unknown}, 6, Same},
		{"shift of 15 %", 0, func(uint64) shot { return shot{noise: 3, dx: 0.15, people: 1} }, []State{Moved, Unknown}, 12, Moved},
		{"shift of 15 % down", 0, func(uint64) shot { return shot{noise: 3, dy: 0.15} }, []State{Moved, Unknown}, 12, Moved},
		{"shift of 30 %", 0, func(uint64) shot { return shot{noise: 3, dx: -0.3} }, []State{Moved, Unknown}, 20, Moved},
		{"another room", 1000, func(uint64) shot { return shot{noise: 3} }, []State{Moved, Unknown}, 20, Moved},
		{"covered", 0, func(uint64) shot { return shot{paint: tape(100, 30, 3, 0), noise: 3} }, []State{Unknown}, 0, Unknown},
		{"night", 0, func(uint64) shot { return shot{gain: 0.01, noise: 4} }, []State{Unknown, Moved}, 2, Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, missed, low, high := tally{}, 0, 1.0, 0.0
			for i := range uint64(scenes) {
				s := room(first + i)
				var past []devices.Luma
				for j := range uint64(5) {
					past = append(past, s.take(t, shot{w: 480, h: 270, noise: 2, people: 2, gain: 0.8 + 0.1*float64(j), seed: first + 100*i + j, quality: 80}))
				}
				ref, err := Learn(past, nil)
				if err != nil {
					got[Unknown]++
					missed++
					continue
				}
				var ms []Match
				for look := range uint64(3) {
					k := c.take(i)
					k.seed, k.quality = first+1_000_000+3*i+look, []int{50, 70, 90}[i%3]
					m := ref.Match(room(first+i+c.other).take(t, k), nil)
					low, high = min(low, m.Score), max(high, m.Score)
					ms = append(ms, m)
				}
				v := SameView(ms, tolerance)
				got[v.State]++
				if v.State != c.want {
					missed++
					if testing.Verbose() {
						t.Logf("scene %d: %+v %+v", first+i, v, ms)
					}
				}
			}
			t.Logf("%d scenes: %v, scores %.2f to %.2f", scenes, got, low, high)
			if n := got.others(c.ok...); n > 0 {
				t.Errorf("%d of %d false: %v", n, scenes, got)
			}
			if missed > c.most {
				t.Errorf("%d of %d missed %q: %v", missed, scenes, c.want, got)
			}
		})
	}
}
