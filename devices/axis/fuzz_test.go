package axis

import (
	"strings"
	"testing"

	"github.com/lensdop/lensdop/devices"
)

// No answer makes the driver stumble.
func FuzzMasks(f *testing.F) {
	f.Add([]byte(`{"listpx":[{"id":0,"name":"m","enabled":true,"zoomlowlimit":0,"zoom_visible":true,"position":[{"x":0,"y":0},{"x":99,"y":0},{"x":9,"y":9}]}]}`), "root.Image.I0.Appearance.Rotation=90\nroot.Properties.Image.Resolution=1920x1080")
	f.Add([]byte("Error: no"), "# Error: Error -1 getting param in group 'root.X'")
	f.Add([]byte(`{"listpx":[{"name":"a","position":[{"x":-1e300,"y":1e300}]}]}`), "<html>")
	f.Add([]byte(`{"listpx":null}`), "root.Image.I63.Appearance.Rotation=45")
	f.Fuzz(func(t *testing.T, list []byte, text string) {
		p, err := parseParams([]byte(text))
		if err == nil {
			for k := range p {
				if strings.ContainsAny(k, "<> \t\n") {
					t.Fatalf("%q is no parameter", k)
				}
			}
		}
		fr, err := p.frame(0)
		if err != nil {
			fr = frame{width: 1920, height: 1080, rotation: 270, mirrored: true, corners: 20}
		}
		masks, err := parseMasks(list)
		if err != nil {
			return
		}
		for _, m := range masks {
			s := fr.slot(m)
			if s.On && len(s.Shape) > 0 && (devices.Zone{Polygon: s.Shape}).Area() == 0 {
				t.Fatalf("a mask of no size is on: %+v", s)
			}
			if (devices.Zone{Polygon: s.Shape}).Validate() == nil && !devices.Shrouds(fr.snap(s.Shape), s.Shape, 1e-6) {
				t.Fatalf("%v becomes smaller: %v", s.Shape, fr.snap(s.Shape))
			}
		}
	})
}
