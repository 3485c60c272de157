package dahua

import (
	"testing"

	"github.com/lensdop/lensdop/devices"
)

// No answer makes the driver stumble, and what it would write can stand in a
// query.
func FuzzKeyValue(f *testing.F) {
	f.Add([]byte("table.VideoWidget[0].Covers[0].EncodeBlend=true\r\ntable.VideoWidget[0].Covers[0].Rect[0]=0\r\ntable.VideoWidget[0].Covers[0].Rect[1]=0\r\n" +
		"table.VideoWidget[0].Covers[0].Rect[2]=8191\r\ntable.VideoWidget[0].Covers[0].Rect[3]=8191\r\n"))
	f.Add([]byte("table.VideoWidget[0].Covers[99].EncodeBlend=1\n"))
	f.Add([]byte("Error\r\nBad Request!\r\n"))
	f.Add([]byte("a\x00=b"))
	f.Add([]byte("table.VideoWidget[0].Covers[0].EncodeBlend&x=true"))
	f.Fuzz(func(t *testing.T, body []byte) {
		_ = refusal(body)
		kv, err := parse(body)
		if err != nil {
			return
		}
		for k := range kv {
			if !harmless(k) {
				t.Fatalf("%q is no key", k)
			}
			index(k)
		}
		m, err := slots(kv, "VideoWidget[0].Covers[")
		if err != nil {
			return
		}
		places := m.Note.(map[int]settings)
		for _, s := range m.Slots {
			if s.On && len(s.Shape) > 0 && (devices.Zone{Polygon: s.Shape}).Area() == 0 {
				t.Fatalf("a mask of no size is on: %+v", s)
			}
			for _, p := range places {
				if _, _, err := p.write(s); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
