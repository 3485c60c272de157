package devicetest

import (
	"image"

	"github.com/lensdop/lensdop/devices"
)

// Covered tells whether all of a cover's zones, or its whole, is black in a
// picture. The rim of a zone is left out: JPEG smears it with what is beside it.
func Covered(p *image.YCbCr, c devices.Cover) bool {
	zones := c.Zones
	if c.Whole {
		zones = []devices.Zone{devices.FullZone("whole")}
	}
	for _, z := range zones {
		if brightest(p, z) > 48 {
			return false
		}
	}
	return true
}

// brightest is the lightest pixel of a zone.
func brightest(p *image.YCbCr, z devices.Zone) (most uint8) {
	const rim = 3
	w, h := p.Rect.Dx(), p.Rect.Dy()
	at := func(v, n int) float64 { return min(max((float64(v)+0.5)/float64(n), 0.001), 0.999) }
	for y := range h {
		for x := range w {
			in := true
			for dy := -rim; in && dy <= rim; dy += rim {
				for dx := -rim; in && dx <= rim; dx += rim {
					in = z.Contains(devices.Point{X: at(x+dx, w), Y: at(y+dy, h)})
				}
			}
			if in {
				most = max(most, p.Y[p.YOffset(x, y)])
			}
		}
	}
	return most
}
