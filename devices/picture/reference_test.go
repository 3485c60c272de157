package picture

import (
	"errors"
	"testing"

	"github.com/lensdop/lensdop/devices"
)

func TestReferenceRoundTrip(t *testing.T) {
	s := room(5)
	l := s.take(t, shot{noise: 2})
	ref, err := Learn([]devices.Luma{l}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := ref.MarshalBinary()
	if err != nil || len(b) > 400 {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	var again Reference
	if err := again.UnmarshalBinary(b); err != nil || again != *ref {
		t.Errorf("another reference, or %v", err)
	}
	if m := again.Match(l, nil); !m.Known || m.Score < 0.8 || m.ShiftX != 0 || m.ShiftY != 0 {
		t.Errorf("with itself: %+v", m)
	}
	if err := again.UnmarshalBinary(b[:len(b)-1]); err == nil {
		t.Error("a short one is accepted")
	}
	b[0]++
	if err := again.UnmarshalBinary(b); err == nil {
		t.Error("another version is accepted")
	}
}

func TestLearnNothing(t *testing.T) {
	flat := room(5).take(t, shot{after: level(100)})
	if _, err := Learn([]devices.Luma{flat, flat}, nil); !errors.Is(err, ErrTooPlain) {
		t.Errorf("a flat view: %v", err)
	}
	if _, err := Learn(nil, nil); !errors.Is(err, ErrTooPlain) {
		t.Errorf("no view: %v", err)
	}
	l := room(5).take(t, shot{})
	if _, err := Learn([]devices.Luma{l}, []devices.Zone{devices.FullZone("all")}); !errors.Is(err, ErrTooPlain) {
		t.Errorf("all left out: %v", err)
	}
}

// TestShiftIsMeasured checks sign and size of the shift.
func TestShiftIsMeasured(t *testing.T) {
	for _, d := range []struct{ x, y float64 }{{0.1, 0}, {-0.1, 0}, {0, 0.1}, {0.07, -0.05}, {-0.22, 0.12}} {
		s := room(9)
		ref, err := Learn([]devices.Luma{s.take(t, shot{noise: 2})}, nil)
		if err != nil {
			t.Fatal(err)
		}
		m := ref.Match(s.take(t, shot{noise: 2, dx: d.x, dy: d.y, seed: 1, quality: 70}), nil)
		if !m.Known || m.ShiftX < d.x-0.012 || m.ShiftX > d.x+0.012 || m.ShiftY < d.y-0.02 || m.ShiftY > d.y+0.02 {
			t.Errorf("shift %v measured as %+v", d, m)
		}
	}
}

// TestMaskedPartIsIgnored covers a third of the picture after learning.
func TestMaskedPartIsIgnored(t *testing.T) {
	z := box4(0, 0, 0.33, 1)
	s := room(12)
	ref, err := Learn([]devices.Luma{s.take(t, shot{noise: 2})}, nil)
	if err != nil {
		t.Fatal(err)
	}
	l := s.take(t, shot{noise: 2, after: within(z, 0), seed: 3})
	if m := ref.Match(l, []devices.Zone{z}); m.Score < 0.7 || m.ShiftX != 0 || m.ShiftY != 0 {
		t.Errorf("with the mask named: %+v", m)
	}
}

func TestSameViewOverLooks(t *testing.T) {
	good, off, strange, part := Match{Known: true, Score: 0.8}, Match{Known: true, Score: 0.8, ShiftX: 0.2}, Match{Known: true, Score: 0.1}, Match{Known: true, Score: 0.45}
	for _, c := range []struct {
		name string
		ms   []Match
		want State
	}{
		{"none", nil, Unknown},
		{"all unknown", []Match{{}, {}}, Unknown},
		{"half unknown", []Match{good, {}}, Unknown},
		{"same", []Match{good, good, {}}, Same},
		{"one strange", []Match{good, strange, good}, Same},
		{"most strange", []Match{strange, strange, good}, Moved},
		{"most off", []Match{off, off, good}, Moved},
		{"in part", []Match{part, part, good}, Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			if v := SameView(c.ms, 0.1); v.State != c.want {
				t.Errorf("got %+v", v)
			}
		})
	}
}

func TestOddPictures(t *testing.T) {
	for _, l := range []devices.Luma{
		{},
		{Width: -5, Height: 100},
		{Width: 100, Height: 100, Pix: make([]byte, 9999)},
		{Width: 48, Height: 48, Pix: make([]byte, 48*48)},
		{Width: 8000, Height: 48, Pix: make([]byte, 8000*48)},
		{Width: 48, Height: 5000, Pix: make([]byte, 48*5000), FullRange: true},
	} {
		m := Measure(l, nil)
		if v := Covered([]Measures{m}, nil); v.State == Open || v.State == LensCovered {
			t.Errorf("%dx%d: %+v", l.Width, l.Height, v)
		}
		MeasureZone(l, box4(0.1, 0.1, 0.9, 0.9), nil)
		if (&Reference{}).Match(l, nil).Known {
			t.Errorf("%dx%d matches", l.Width, l.Height)
		}
	}
}

func FuzzReference(f *testing.F) {
	l := room(5).take(f, shot{})
	ref, err := Learn([]devices.Luma{l}, nil)
	if err != nil {
		f.Fatal(err)
	}
	b, err := ref.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b, 0.1, 0.9)
	f.Fuzz(func(t *testing.T, b []byte, p, q float64) {
		var r Reference
		if r.UnmarshalBinary(b) != nil {
			return
		}
		z := []devices.Zone{{Polygon: []devices.Point{{X: p, Y: q}, {X: q, Y: p}, {X: 0.5, Y: 0.2}, {X: p, Y: p}}}}
		if m := r.Match(l, z); m.Score < 0 || m.Score > 1 {
			t.Errorf("%+v", m)
		}
	})
}

func hd(b *testing.B) devices.Luma {
	return room(5).take(b, shot{w: 1920, h: 1080, noise: 3})
}

func BenchmarkMeasure1080p(b *testing.B) {
	l, z := hd(b), []devices.Zone{box4(0, 0, 0.3, 0.06)}
	b.ReportAllocs()
	for b.Loop() {
		Measure(l, z)
	}
}

func BenchmarkMatch1080p(b *testing.B) {
	l := hd(b)
	ref, err := Learn([]devices.Luma{l}, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		ref.Match(l, nil)
	}
}

func BenchmarkMeasureZone1080p(b *testing.B) {
	l := hd(b)
	b.ReportAllocs()
	for b.Loop() {
		MeasureZone(l, box4(0.2, 0.2, 0.6, 0.7), nil)
	}
}
