package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// places checks sites and what hangs there, and fills in what cameras take from
// their device and from camera_defaults.
func (v *validator) places() {
	ids(v, "sites", v.p.Sites, func(s Site) string { return s.ID })
	for i, s := range v.p.Sites {
		v.oneSite(index("sites", i), s)
	}
	v.deviceList()
	v.cameraDefaults()
	v.cameras()
	v.readers()
	v.storeList()
	v.discovery()
}

func (v *validator) oneSite(at string, s Site) {
	v.required(join(at, "name"), s.Name)
	v.maybe(join(at, "live_view"), s.LiveView, Allowed, Denied)
	if s.Timezone != "" || v.has(join(at, "timezone")) {
		v.p.locations[s.ID] = v.location(join(at, "timezone"), s.Timezone)
	} else {
		v.p.locations[s.ID] = v.p.locations[""] // a bad one is told once, in the header
	}
	ids(v, join(at, "zones"), s.Zones, func(z Zone) string { return z.ID })
	for j, n := range s.Networks {
		at := index(join(at, "networks"), j)
		v.required(join(at, "interface"), n.Interface)
		if prefix, err := netip.ParsePrefix(n.Subnet); err != nil || prefix != prefix.Masked() {
			v.fault(join(at, "subnet"), fmt.Sprintf("%s is not a network", short(n.Subnet)), "write it as in 192.168.10.0/24, with zeros after the prefix")
		}
	}
}

// site checks that a site, which must be named, exists.
func (v *validator) site(path, id string) {
	if v.sites[id] == nil {
		v.fault(path, fmt.Sprintf("%s is no site of this protocol", short(id)), "add it under sites, or correct it")
	}
}

func (v *validator) process(path, id string) {
	if v.processes[id] == nil {
		v.fault(path, fmt.Sprintf("%s is no processing of this protocol", short(id)), "name the id of an entry under processing")
	}
}

// hangs checks that something is at a zone of a site. Only a camera is kept
// out of zones that may not be seen.
func (v *validator) hangs(at, site, zone string) {
	v.site(join(at, "site"), site)
	if s := v.sites[site]; s != nil && !slices.ContainsFunc(s.Zones, func(z Zone) bool { return z.ID == zone }) {
		v.fault(join(at, "zone"), fmt.Sprintf("%s is no zone of site %q", short(zone), s.ID), "add it under the site's zones, or correct it")
	}
}

// seen checks a zone that a camera hangs in or sees.
func (v *validator) seen(path string, s *Site, id string) {
	if s == nil {
		return
	}
	i := slices.IndexFunc(s.Zones, func(z Zone) bool { return z.ID == id })
	switch {
	case i < 0:
		v.fault(path, fmt.Sprintf("%s is no zone of site %q", short(id), s.ID), "add it under the site's zones, or correct it")
	case !s.Zones[i].MayBeSeen():
		v.fault(path, fmt.Sprintf("zone %q of site %q may not be seen by cameras", id, s.ID), "move the camera, or mask the zone and take it out of sees")
	default:
	}
}

func (v *validator) deviceList() {
	ids(v, "devices", v.p.Devices, func(d Device) string { return d.ID })
	same := map[string]string{}
	for i, d := range v.p.Devices {
		at := index("devices", i)
		v.site(join(at, "site"), d.Site)
		v.words(join(at, "services"), d.Services, Services()...)
		v.sessions(join(at, "sessions"), d.Sessions)
		if d.Identity.IsEmpty() {
			continue // open
		}
		if other, taken := same[d.Identity.key()]; taken {
			v.fault(join(at, "identity"), fmt.Sprintf("devices %q and %q have the same identity", other, d.ID), "correct one, or keep one entry and name it from both cameras")
		}
		same[d.Identity.key()] = d.ID
	}
}

func (i Identity) key() string { return strings.ToLower(i.Endpoint + "\n" + i.Serial + "\n" + i.MAC) }

func (v *validator) sessions(path string, n int) {
	if (n != 0 || v.has(path)) && (n < 1 || n > 8) {
		v.fault(path, fmt.Sprintf("sessions is %d", n), "write 1 to 8; a recorder needs the others")
	}
}

// cameraDefaults checks them where they stand, so that a fault in them is told
// once and not for every camera.
func (v *validator) cameraDefaults() {
	d := v.p.CameraDefaults
	refer(v, "camera_defaults.processing", "processing", d.Processing, v.processes)
	v.common("camera_defaults", d.Type, d.Sound, d.View, d.MaxDetail, d.Services, d.Methods, d.Required, d.Sessions)
}

// common checks what camera_defaults and a camera both can have.
func (v *validator) common(at, kind, sound string, view ViewLimits, detail float64, services []string, methods []devices.Method, required []string, sessions int) {
	v.maybe(join(at, "type"), kind, CameraFixed, CameraPTZ)
	v.maybe(join(at, "sound"), sound, SoundForbidden, SoundAllowed)
	if shift := join(at, "view.max_shift"); v.has(shift) && (view.MaxShift <= 0 || view.MaxShift > 0.5) {
		v.fault(shift, fmt.Sprintf("max_shift is %g", view.MaxShift), "write a fraction of the picture's width, above 0 and at most 0.5")
	}
	v.positive(join(at, "view.resurvey_every"), view.ResurveyEvery)
	if path := join(at, "max_detail"); v.has(path) && (detail <= 0 || detail > 10_000) {
		v.fault(path, fmt.Sprintf("max_detail is %g", detail), "write pixels per metre, above 0 and at most 10000, or leave it out")
	}
	v.words(join(at, "services"), services, Services()...)
	names := make([]string, len(methods))
	for i, m := range methods {
		names[i] = string(m)
	}
	v.words(join(at, "methods"), names,
		string(devices.MethodDeviceMask), string(devices.MethodPark), string(devices.MethodTape), string(devices.MethodContact),
		string(devices.MethodRecordingOff), string(devices.MethodSoundOff), string(devices.MethodRelay), string(devices.MethodPower), string(devices.MethodRetention))
	v.words(join(at, "required"), required, PartPicture, PartSound)
	v.sessions(join(at, "sessions"), sessions)
}

func (v *validator) cameras() {
	ids(v, "cameras", v.p.Cameras, func(c Camera) string { return c.ID })
	lenses := map[string]string{}
	for i := range v.p.Cameras {
		c := &v.p.Cameras[i]
		at := index("cameras", i)
		v.common(at, c.Type, c.Sound, c.View, c.MaxDetail, c.Services, c.Methods, c.Required, c.Sessions)
		v.inherit(at, c)
		v.site(join(at, "site"), c.Site)
		v.seen(join(at, "zone"), v.sites[c.Site], c.Zone)
		v.process(join(at, "processing"), c.Processing)
		v.sights(at, c)
		v.identity(at, c, lenses)
		v.areas(at, c.Masks, c.Ignore)
		v.presets(at, c)
		v.channels(at, c)
		v.means(at, c)
		if s := v.signs[c.Sign]; s == nil {
			refer(v, join(at, "sign"), "sign", c.Sign, v.signs)
		} else if s.Site != c.Site {
			v.fault(join(at, "sign"), fmt.Sprintf("sign %q hangs at site %q, not at %q", s.ID, s.Site, c.Site), "name a sign of the camera's own site")
		}
		v.timer(join(at, "sample_every"), c.SampleEvery, time.Hour)
		v.order(join(at, "temporary.until"), c.FirstUse, c.Temporary.Until, "the camera's last day is before its first")
		v.hidden(join(at, "hidden"), c.Hidden)
	}
}

// means checks that a method has what it works with.
func (v *validator) means(at string, c *Camera) {
	if slices.Contains(c.Methods, devices.MethodPark) && c.Park == "" {
		v.fault(join(at, "methods"), fmt.Sprintf("camera %q is to be covered by park, and has no preset for it", c.ID), "name the preset at which nothing is seen under park")
	}
	if slices.Contains(c.Methods, devices.MethodContact) && c.Shutter.Contact == "" {
		v.fault(join(at, "methods"), fmt.Sprintf("camera %q is to be covered by contact, and has no shutter", c.ID), "name the device's output under shutter.contact")
	}
	if c.Shutter.Inverted && c.Shutter.Contact == "" {
		v.fault(join(at, "shutter"), fmt.Sprintf("the shutter of camera %q has no contact", c.ID), "name the device's output under shutter.contact")
	}
}

// sights checks the zones that are in view.
func (v *validator) sights(at string, c *Camera) {
	if len(c.Sees) == 0 && !slices.ContainsFunc(c.Views, func(w CameraView) bool { return len(w.Sees) > 0 }) {
		v.fault(join(at, "sees"), fmt.Sprintf("camera %q does not say which zones are in view", c.ID), "list every zone that it can show, at any preset")
	}
	for j, z := range c.Sees {
		v.seen(index(join(at, "sees"), j), v.sites[c.Site], z)
	}
}

// identity takes the device's, and checks that a camera can be told apart from
// every other.
func (v *validator) identity(at string, c *Camera, lenses map[string]string) {
	if c.Device != "" || v.has(join(at, "device")) {
		d := v.devices[c.Device]
		switch {
		case d == nil:
			v.fault(join(at, "device"), fmt.Sprintf("%s is no device of this protocol", short(c.Device)), "add it under devices, or correct it")
			return
		case v.has(join(at, "identity")):
			v.fault(join(at, "identity"), fmt.Sprintf("camera %q has a device and an identity of its own", c.ID), "keep the identity under devices only")
			return
		case d.Site != c.Site:
			v.fault(join(at, "device"), fmt.Sprintf("device %q is at site %q, not at %q", d.ID, d.Site, c.Site), "name a device of the camera's own site")
		default:
		}
		c.Identity = d.Identity
	}
	if c.Identity.IsEmpty() && c.Device == "" || v.broken[join(at, "source")] || v.broken[join(at, "identity")] {
		return // what is missing is an open point
	}
	lens := c.Identity.key() + "\n" + c.Source.String()
	if c.Identity.IsEmpty() {
		lens = "device " + c.Device + "\n" + c.Source.String()
	}
	if other, taken := lenses[lens]; taken {
		path := join(at, "identity")
		if c.Device != "" {
			path = join(at, "device")
		}
		v.fault(path, fmt.Sprintf("cameras %q and %q are the same lens of the same device", other, c.ID), "give each its own source, or remove one")
	}
	lenses[lens] = c.ID
}

// inherit fills in what a camera does not say: from its device, then from
// camera_defaults, then what holds everywhere. An empty list is a value.
func (v *validator) inherit(at string, c *Camera) {
	d := v.p.CameraDefaults
	if e := v.devices[c.Device]; e != nil && c.Device != "" {
		if c.Services == nil {
			c.Services = e.Services
		}
		take(v, join(at, "sessions"), &c.Sessions, e.Sessions)
		if !v.has(join(at, "firmware")) {
			c.Firmware = e.Firmware
		}
	}
	take(v, join(at, "processing"), &c.Processing, d.Processing)
	take(v, join(at, "type"), &c.Type, d.Type)
	take(v, join(at, "sound"), &c.Sound, d.Sound)
	defaultTo(&c.Sound, SoundForbidden)
	if !v.has(join(at, "view")) {
		c.View = d.View
	} else {
		take(v, join(at, "view.max_shift"), &c.View.MaxShift, d.View.MaxShift)
		take(v, join(at, "view.resurvey_every"), &c.View.ResurveyEvery, d.View.ResurveyEvery)
	}
	take(v, join(at, "view.max_shift"), &c.View.MaxShift, 0.10)
	take(v, join(at, "max_detail"), &c.MaxDetail, d.MaxDetail)
	takeList(&c.Services, d.Services)
	takeList(&c.Analytics, d.Analytics)
	takeList(&c.Methods, d.Methods)
	takeList(&c.Required, d.Required)
	if len(c.Methods) == 0 {
		c.Methods = []devices.Method{devices.MethodDeviceMask}
	}
	if len(c.Required) == 0 {
		c.Required = []string{PartPicture, PartSound}
	}
	take(v, join(at, "sessions"), &c.Sessions, d.Sessions)
	take(v, join(at, "sessions"), &c.Sessions, 1)
	if c.Firmware.AtLeast == "" && !v.has(join(at, "firmware")) {
		c.Firmware = d.Firmware
	}
	if c.SampleEvery.IsZero() && !v.has(join(at, "sample_every")) {
		c.SampleEvery = v.p.Blackout.Proof.SampleEvery
		if c.SampleEvery.IsZero() || v.timerFaulty("blackout.proof.sample_every", c.SampleEvery) {
			c.SampleEvery = Duration{Time: 10 * time.Second} // a faulty one is told where it stands
		}
	}
}

// timerFaulty tells that a duration is one that timer refuses.
func (v *validator) timerFaulty(path string, d Duration) bool {
	f, ok := d.Fixed()
	return v.broken[path] || !ok || f < time.Second || f > time.Hour
}

// take sets a value that stands nowhere yet.
func take[T comparable](v *validator, path string, to *T, from T) {
	var none T
	if *to == none && !v.has(path) {
		*to = from
	}
}

func takeList[T any](to *[]T, from []T) {
	if *to == nil {
		*to = from
	}
}

func (v *validator) areas(at string, masks []Mask, ignore []Area) {
	ids(v, join(at, "masks"), masks, func(m Mask) string { return m.ID })
	ids(v, join(at, "ignore"), ignore, func(a Area) string { return a.ID })
	polygon := func(path, id string, points []devices.Point) {
		if err := (devices.Zone{ID: id, Polygon: points}).Validate(); err != nil {
			v.fault(join(path, "polygon"), err.Error(), "")
		}
	}
	for j, m := range masks {
		polygon(index(join(at, "masks"), j), m.ID, m.Polygon)
	}
	for j, a := range ignore {
		polygon(index(join(at, "ignore"), j), a.ID, a.Polygon)
	}
}

// presets checks the views of a camera that turns.
func (v *validator) presets(at string, c *Camera) {
	path := join(at, "views")
	if len(c.Views) > 0 && c.Type == CameraFixed {
		v.fault(path, fmt.Sprintf("camera %q is fixed and has presets", c.ID), "write type: ptz, or remove views")
	}
	ids(v, path, c.Views, func(w CameraView) string { return w.ID })
	taken := map[string]string{}
	for j, w := range c.Views {
		at := index(path, j)
		v.required(join(at, "preset"), w.Preset)
		if other, ok := taken[w.Preset]; ok && w.Preset != "" {
			v.fault(join(at, "preset"), fmt.Sprintf("views %q and %q are the same preset", other, w.ID), "give each its own, or remove one")
		}
		taken[w.Preset] = w.ID
		if len(w.Sees) == 0 {
			v.fault(join(at, "sees"), fmt.Sprintf("view %q does not say which zones are in view", w.ID), "list every zone that it shows")
		}
		for k, z := range w.Sees {
			v.seen(index(join(at, "sees"), k), v.sites[c.Site], z)
		}
		v.areas(at, w.Masks, w.Ignore)
	}
}

// channels checks where else a camera's picture is to be had.
func (v *validator) channels(at string, c *Camera) {
	taken := map[string]bool{}
	for j, ch := range c.Channels {
		at := index(join(at, "channels"), j)
		d := v.devices[ch.Device]
		switch source := ch.Device + "\n" + ch.Source.String(); {
		case d == nil:
			v.fault(join(at, "device"), fmt.Sprintf("%s is no device of this protocol", short(ch.Device)), "add the recorder under devices, or correct it")
		case d.Site != c.Site:
			v.fault(join(at, "device"), fmt.Sprintf("device %q is at site %q, not at %q", d.ID, d.Site, c.Site), "name a recorder of the camera's own site: its gateway looks at it")
		case ch.Device == c.Device && ch.Source.String() == c.Source.String():
			v.fault(join(at, "source"), fmt.Sprintf("camera %q is itself this source of device %q", c.ID, d.ID), "remove the channel")
		case taken[source]:
			v.fault(at, fmt.Sprintf("camera %q has this channel twice", c.ID), "remove one")
		default:
			taken[source] = true
		}
	}
}

// hidden checks what hidden use must say at least: why, by whom, and that it
// ends (rule HID-2). A missing DPIA is an open point.
func (v *validator) hidden(at string, h Hidden) {
	if !h.IsSet() {
		return
	}
	v.required(join(at, "reason"), h.Reason)
	v.dated(join(at, "from"), h.From)
	v.dated(join(at, "until"), h.Until)
	v.order(join(at, "until"), h.From, h.Until, "the hidden use ends before it begins")
	v.required(join(at, "approved_by"), h.ApprovedBy)
	if h.ApprovedBy != "" {
		v.role(join(at, "approved_by"), h.ApprovedBy)
	}
}

func (v *validator) readers() {
	ids(v, "readers", v.p.Readers, func(r Reader) string { return r.ID })
	ports := map[string]string{}
	for i := range v.p.Readers {
		r := &v.p.Readers[i]
		at := index("readers", i)
		v.hangs(at, r.Site, r.Zone)
		v.process(join(at, "processing"), r.Processing)
		v.required(join(at, "port"), r.Port)
		if other, taken := ports[r.Site+"\n"+r.Port]; taken && r.Port != "" {
			v.fault(join(at, "port"), fmt.Sprintf("readers %q and %q are on the same port", other, r.ID), "give each its own")
		}
		ports[r.Site+"\n"+r.Port] = r.ID
		if err := checkID(r.Frame); err != nil {
			v.fault(join(at, "frame"), fmt.Sprintf("frame %s cannot be a kind of frame", short(r.Frame)), "write one such as rdm6300")
		}
		take(v, join(at, "baud"), &r.Baud, 9600)
		if r.Baud < 300 || r.Baud > 921600 {
			v.fault(join(at, "baud"), fmt.Sprintf("baud is %d", r.Baud), "write the line's speed, 300 to 921600")
		}
		take(v, join(at, "transport"), &r.Transport, TransportSerial)
		v.oneOf(join(at, "transport"), r.Transport, TransportSerial, TransportWiegand, TransportOSDP)
	}
}

func (v *validator) storeList() {
	ids(v, "stores", v.p.Stores, func(s Store) string { return s.ID })
	for i, s := range v.p.Stores {
		at := index("stores", i)
		v.site(join(at, "site"), s.Site)
		v.oneOf(join(at, "kind"), s.Kind, StoreKinds()...)
		v.process(join(at, "processing"), s.Processing)
		v.positive(join(at, "retention"), s.Retention)
	}
	ids(v, "buttons", v.p.Buttons, func(b Button) string { return b.ID })
	for i, b := range v.p.Buttons {
		at := index("buttons", i)
		if b.Zone != "" || v.has(join(at, "zone")) {
			v.hangs(at, b.Site, b.Zone)
		} else {
			v.site(join(at, "site"), b.Site)
		}
		v.process(join(at, "processing"), b.Processing)
		v.positive(join(at, "test_every"), b.TestEvery)
	}
}

func (v *validator) discovery() {
	take(v, "discovery.scan_every", &v.p.Discovery.ScanEvery, Duration{Time: time.Hour})
	v.timer("discovery.scan_every", v.p.Discovery.ScanEvery, 31*24*time.Hour)
}
