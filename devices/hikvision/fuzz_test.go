package hikvision

import (
	"bytes"
	"testing"

	"github.com/lensdop/lensdop/devices"
)

// What can be read is written back so that it is read as the same again, and
// no region makes the driver stumble.
func FuzzISAPI(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0" encoding="UTF-8"?><PrivacyMask version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema"><enabled>true</enabled>` +
		`<normalizedScreenSize><normalizedScreenWidth>704</normalizedScreenWidth><normalizedScreenHeight>576</normalizedScreenHeight></normalizedScreenSize>` +
		`<PrivacyMaskRegionList size="4"><PrivacyMaskRegion><id>1</id><enabled>true</enabled><RegionCoordinatesList><RegionCoordinates><positionX>10</positionX>` +
		`<positionY>20</positionY></RegionCoordinates></RegionCoordinatesList></PrivacyMaskRegion></PrivacyMaskRegionList></PrivacyMask>`))
	f.Add([]byte(`<ResponseStatus><statusCode>7</statusCode><statusString>Reboot Required</statusString></ResponseStatus>`))
	f.Add([]byte(`<h:a xmlns:h="x" h:b="1&amp;2">text &lt; more<!-- c --><h:c/></h:a>`))
	f.Add([]byte(`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`))
	f.Add([]byte(`<html><body>x<br></body></html>`))
	f.Add([]byte("<a>\x00</a>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := parse(body)
		if err != nil {
			return
		}
		once := n.document()
		again, err := parse(once)
		if err != nil {
			t.Fatalf("%q was read, written as %q and not read again: %v", body, once, err)
		}
		if twice := again.document(); !bytes.Equal(once, twice) {
			t.Fatalf("%q becomes %q", once, twice)
		}
		_ = status(n)
		if list := n.child("PrivacyMaskRegionList"); list != nil {
			cam := &camera{}
			for _, r := range list.children("PrivacyMaskRegion") {
				s, err := cam.slot(devices.Grid{Columns: 704, Rows: 576}, r)
				if err == nil && s.On && (devices.Zone{Polygon: s.Shape}).Area() == 0 {
					t.Fatalf("a region of no size is on: %+v", s)
				}
			}
		}
	})
}
