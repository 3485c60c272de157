package policy

import (
	"fmt"
	"net/mail"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// validator checks what the shape of the file cannot: names that must exist,
// values that must make sense together. It also fills in what the file may
// leave out.
type validator struct {
	*decoder

	p         *Protocol
	roles     map[string]bool
	zones     map[string]bool // of any site
	processes map[string]Processing
}

func validate(d *decoder, p *Protocol) {
	v := &validator{decoder: d, p: p, roles: map[string]bool{}, zones: map[string]bool{}, processes: map[string]Processing{}}
	p.locations = map[string]*time.Location{}
	v.header()
	v.processing()
	ids(v, "roles", p.Roles, func(r Role) string { return r.ID })
	for _, r := range p.Roles {
		v.roles[r.ID] = true
	}
	v.sites()
	v.blackout()
	v.cameras()
	v.readers()
	v.alerts()
	v.restrictions()
}

// ids checks the ids of a list: present, well formed, and each once.
func ids[T any](v *validator, path string, list []T, id func(T) string) {
	seen := map[string]bool{}
	for i, e := range list {
		at := join(index(path, i), "id")
		switch err := checkID(id(e)); {
		case err != nil:
			v.fault(at, err.Error(), "")
		case seen[id(e)]:
			v.fault(at, fmt.Sprintf("id %q stands twice in %s", id(e), listName(path)), "give each its own id")
		default:
		}
		seen[id(e)] = true
	}
}

func listName(path string) string {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[i+1:]
	}
	return path
}

func (v *validator) required(path, value string) {
	if value == "" {
		v.fault(path, fmt.Sprintf("%s is missing or empty", listName(path)), "give it a value")
	}
}

func (v *validator) oneOf(path, value string, known ...string) {
	if !slices.Contains(known, value) {
		v.fault(path, fmt.Sprintf("%s is %s", listName(path), short(value)), "write one of: "+strings.Join(known, ", "))
	}
}

// roleList checks that every name in a list is a role.
func (v *validator) roleList(path string, list []string) {
	for i, r := range list {
		if !v.roles[r] {
			v.fault(index(path, i), fmt.Sprintf("%s is no role of this protocol", short(r)), "add it under roles, or correct it")
		}
	}
}

func (v *validator) header() {
	p := v.p
	if p.APIVersion != APIVersion {
		v.fault("apiVersion", fmt.Sprintf("apiVersion is %s", short(p.APIVersion)), "write "+APIVersion)
	}
	if p.Kind != KindProtocol {
		v.fault("kind", fmt.Sprintf("kind is %s", short(p.Kind)), "write "+KindProtocol)
	}
	if err := checkID(p.Metadata.ID); err != nil {
		v.fault("metadata.id", err.Error(), "")
	}
	v.required("metadata.version", p.Metadata.Version)
	v.required("metadata.title", p.Metadata.Title.In("nl"))
	v.oneOf("metadata.jurisdiction", p.Metadata.Jurisdiction, JurisdictionNL, JurisdictionBE)
	v.location("metadata.timezone", p.Metadata.Timezone)
}

// location checks a time zone. "Local" is refused: it would be the machine's.
func (v *validator) location(path, name string) *time.Location {
	if name == "" || name == "Local" {
		v.fault(path, "the time zone is missing", "write an IANA name such as Europe/Amsterdam")
		return nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		v.fault(path, fmt.Sprintf("time zone %s is not known here", short(name)), "write an IANA name such as Europe/Amsterdam; if it is one, install tzdata")
		return nil
	}
	return loc
}

func (v *validator) processing() {
	ids(v, "processing", v.p.Processing, func(p Processing) string { return p.ID })
	checkers := 0
	for i, p := range v.p.Processing {
		at := index("processing", i)
		v.processes[p.ID] = p
		v.required(join(at, "name"), p.Name.In("nl"))
		if len(p.Purposes) == 0 {
			v.fault(join(at, "purposes"), fmt.Sprintf("processing %q has no purpose", p.ID), "list at least one under purposes (rule PUR-1)")
		}
		for key, list := range map[string][]Purpose{"purposes": p.Purposes, "prohibited_uses": p.ProhibitedUses} {
			ids(v, join(at, key), list, func(u Purpose) string { return u.ID })
			for j, u := range list {
				v.required(join(index(join(at, key), j), "text"), u.Text)
			}
		}
		if p.Checker {
			if checkers++; checkers > 1 {
				v.fault(join(at, "checker"), "a second processing is marked as the checker", "keep checker: true on one")
			}
			if p.Retention.Max.IsZero() {
				v.fault(join(at, "retention"), "the checker's processing does not say how long measures stay", "add retention: {max: P28D}")
			}
		}
		v.ceiling(at, p)
	}
}

// ceiling holds the retention of video against the jurisdiction's (rule RET-1,
// RET-3): a protocol may lower it, and raise it only with a cited ground.
func (v *validator) ceiling(at string, p Processing) {
	limit := Duration{Days: 28}
	if v.p.Metadata.Jurisdiction == JurisdictionBE {
		limit = Duration{Months: 1}
	}
	r := p.Retention
	if p.DataCategories.Video && r.Ref == "" && r.Max.Exceeds(limit) {
		v.fault(join(at, "retention.max"), fmt.Sprintf("video is kept %s, longer than the %s that holds in %s", r.Max, limit, v.p.Metadata.Jurisdiction), "shorten it, or cite the ground in retention.ref")
	}
	if !r.Max.IsZero() && r.DeviceSet.Exceeds(r.Max) {
		v.fault(join(at, "retention.device_set"), fmt.Sprintf("devices are set to %s, longer than the maximum %s", r.DeviceSet, r.Max), "set devices to at most the maximum")
	}
}

func (v *validator) sites() {
	ids(v, "sites", v.p.Sites, func(s Site) string { return s.ID })
	for i, s := range v.p.Sites {
		at := index("sites", i)
		v.required(join(at, "name"), s.Name)
		name, path := s.Timezone, join(at, "timezone")
		if name == "" {
			name, path = v.p.Metadata.Timezone, ""
		}
		if path != "" {
			v.p.locations[s.ID] = v.location(path, name)
		} else if loc, err := time.LoadLocation(name); err == nil {
			v.p.locations[s.ID] = loc // a bad one is told once, in the header
		}
		ids(v, join(at, "zones"), s.Zones, func(z Zone) string { return z.ID })
		for _, z := range s.Zones {
			v.zones[z.ID] = true
		}
		for j, n := range s.Networks {
			at := index(join(at, "networks"), j)
			v.required(join(at, "interface"), n.Interface)
			if prefix, err := netip.ParsePrefix(n.Subnet); err != nil || prefix != prefix.Masked() {
				v.fault(join(at, "subnet"), fmt.Sprintf("%s is not a network", short(n.Subnet)), "write it as in 192.168.10.0/24, with zeros after the prefix")
			}
		}
	}
}

// place checks that a camera or reader hangs in a zone of its site, and that
// its processing exists.
func (v *validator) place(at, site, zone, processing string) (Site, bool) {
	s, ok := v.p.Site(site)
	if !ok {
		v.fault(join(at, "site"), fmt.Sprintf("%s is no site of this protocol", short(site)), "add it under sites, or correct it")
	} else {
		v.zone(join(at, "zone"), s, zone)
	}
	if _, ok := v.processes[processing]; !ok {
		v.fault(join(at, "processing"), fmt.Sprintf("%s is no processing of this protocol", short(processing)), "name the id of an entry under processing")
	}
	return s, ok
}

func (v *validator) zone(path string, s Site, id string) {
	i := slices.IndexFunc(s.Zones, func(z Zone) bool { return z.ID == id })
	switch {
	case i < 0:
		v.fault(path, fmt.Sprintf("%s is no zone of site %q", short(id), s.ID), "add it under the site's zones, or correct it")
	case !s.Zones[i].MayBeSeen():
		v.fault(path, fmt.Sprintf("zone %q of site %q may not be seen by cameras", id, s.ID), "move the camera, or mask the zone and take it out of sees")
	default:
	}
}

func (v *validator) cameras() {
	ids(v, "cameras", v.p.Cameras, func(c Camera) string { return c.ID })
	lenses := map[string]string{}
	for i := range v.p.Cameras {
		c := &v.p.Cameras[i]
		at := index("cameras", i)
		site, ok := v.place(at, c.Site, c.Zone, c.Processing)
		if len(c.Sees) == 0 {
			v.fault(join(at, "sees"), fmt.Sprintf("camera %q does not say which zones are in view", c.ID), "list every zone that it can show, at any preset")
		}
		for j, z := range c.Sees {
			if ok {
				v.zone(index(join(at, "sees"), j), site, z)
			}
		}
		v.identity(at, c, lenses)
		defaultTo(&c.Sound, SoundForbidden)
		v.oneOf(join(at, "sound"), c.Sound, SoundForbidden, SoundAllowed)
		if c.Sound == SoundAllowed {
			if p, ok := v.processes[c.Processing]; ok && !p.DataCategories.Audio {
				v.fault(join(at, "sound"), fmt.Sprintf("camera %q may record sound, but processing %q holds none", c.ID, c.Processing), "write sound: forbidden, or add audio to the processing's data_categories")
			}
		}
		v.areas(at, c)
		v.covering(at, c)
	}
}

// identity checks that a camera can be told apart from every other.
func (v *validator) identity(at string, c *Camera, lenses map[string]string) {
	id := c.Identity
	if id.Endpoint == "" && id.Serial == "" && id.MAC == "" {
		v.fault(join(at, "identity"), fmt.Sprintf("camera %q has no identity", c.ID), "give endpoint, serial or mac, as `lensdop-agent discover` prints them")
		return
	}
	if v.broken[join(at, "source")] || v.broken[join(at, "identity")] {
		return
	}
	lens := strings.ToLower(id.Endpoint+"\n"+id.Serial+"\n"+id.MAC) + "\n" + c.Source.String()
	if other, taken := lenses[lens]; taken {
		v.fault(join(at, "identity"), fmt.Sprintf("cameras %q and %q are the same lens of the same device", other, c.ID), "give each its own source, or remove one")
	}
	lenses[lens] = c.ID
}

func (v *validator) areas(at string, c *Camera) {
	ids(v, join(at, "masks"), c.Masks, func(m Mask) string { return m.ID })
	ids(v, join(at, "ignore"), c.Ignore, func(a Area) string { return a.ID })
	polygon := func(path, id string, points []devices.Point) {
		if err := (devices.Zone{ID: id, Polygon: points}).Validate(); err != nil {
			v.fault(join(path, "polygon"), err.Error(), "")
		}
	}
	for j, m := range c.Masks {
		polygon(index(join(at, "masks"), j), m.ID, m.Polygon)
	}
	for j, a := range c.Ignore {
		polygon(index(join(at, "ignore"), j), a.ID, a.Polygon)
	}
}

func (v *validator) covering(at string, c *Camera) {
	if c.View.MaxShift == 0 && !v.has(join(at, "view.max_shift")) {
		c.View.MaxShift = 0.10
	}
	if c.View.MaxShift <= 0 || c.View.MaxShift > 0.5 {
		v.fault(join(at, "view.max_shift"), fmt.Sprintf("max_shift is %g", c.View.MaxShift), "write a fraction of the picture's width, above 0 and at most 0.5")
	}
	if len(c.Methods) == 0 {
		c.Methods = []devices.Method{devices.MethodDeviceMask}
	}
	known := []string{}
	for _, m := range []devices.Method{
		devices.MethodDeviceMask, devices.MethodPark, devices.MethodTape, devices.MethodContact,
		devices.MethodRecordingOff, devices.MethodSoundOff, devices.MethodRelay, devices.MethodPower,
	} {
		known = append(known, string(m))
	}
	for j, m := range c.Methods {
		v.oneOf(index(join(at, "methods"), j), string(m), known...)
	}
	if len(c.Required) == 0 {
		c.Required = []string{PartPicture, PartSound}
	}
	for j, r := range c.Required {
		v.oneOf(index(join(at, "required"), j), r, PartPicture, PartSound)
	}
	if c.SampleEvery.IsZero() {
		c.SampleEvery = v.p.Blackout.Proof.SampleEvery
	}
	v.short(join(at, "sample_every"), c.SampleEvery, time.Hour)
	if c.Sessions == 0 && !v.has(join(at, "sessions")) {
		c.Sessions = 1
	}
	if c.Sessions < 1 || c.Sessions > 8 {
		v.fault(join(at, "sessions"), fmt.Sprintf("sessions is %d", c.Sessions), "write 1 to 8; a recorder needs the others")
	}
}

// short checks a duration that a program waits for.
func (v *validator) short(path string, d Duration, limit time.Duration) {
	if f, ok := d.Fixed(); !ok || f < time.Second || f > limit {
		v.fault(path, fmt.Sprintf("%s is %s", listName(path), d), fmt.Sprintf("write at least one second and at most %s, as in PT10S", limit))
	}
}

func (v *validator) readers() {
	ids(v, "readers", v.p.Readers, func(r Reader) string { return r.ID })
	ports := map[string]string{}
	for i := range v.p.Readers {
		r := &v.p.Readers[i]
		at := index("readers", i)
		if s, ok := v.p.Site(r.Site); !ok {
			v.fault(join(at, "site"), fmt.Sprintf("%s is no site of this protocol", short(r.Site)), "add it under sites, or correct it")
		} else if !slices.ContainsFunc(s.Zones, func(z Zone) bool { return z.ID == r.Zone }) {
			v.fault(join(at, "zone"), fmt.Sprintf("%s is no zone of site %q", short(r.Zone), s.ID), "add it under the site's zones, or correct it")
		}
		if _, ok := v.processes[r.Processing]; !ok {
			v.fault(join(at, "processing"), fmt.Sprintf("%s is no processing of this protocol", short(r.Processing)), "name the id of an entry under processing")
		}
		v.required(join(at, "port"), r.Port)
		if other, taken := ports[r.Site+"\n"+r.Port]; taken && r.Port != "" {
			v.fault(join(at, "port"), fmt.Sprintf("readers %q and %q are on the same port", other, r.ID), "give each its own")
		}
		ports[r.Site+"\n"+r.Port] = r.ID
		if err := checkID(r.Frame); err != nil {
			v.fault(join(at, "frame"), fmt.Sprintf("frame %s cannot be a kind of frame", short(r.Frame)), "write one such as rdm6300")
		}
		if r.Baud == 0 && !v.has(join(at, "baud")) {
			r.Baud = 9600
		}
		if r.Baud < 300 || r.Baud > 921600 {
			v.fault(join(at, "baud"), fmt.Sprintf("baud is %d", r.Baud), "write the line's speed, 300 to 921600")
		}
		defaultTo(&r.Transport, TransportSerial)
		v.oneOf(join(at, "transport"), r.Transport, TransportSerial, TransportWiegand, TransportOSDP)
	}
}

func (v *validator) blackout() {
	b := &v.p.Blackout
	if b.Proof.SampleEvery.IsZero() {
		b.Proof.SampleEvery = Duration{Time: 10 * time.Second}
	}
	if b.Proof.MaxGap.IsZero() {
		b.Proof.MaxGap = Duration{Time: time.Minute}
	}
	if b.Limits.OneOff.IsZero() {
		b.Limits.OneOff = Duration{Time: 24 * time.Hour}
	}
	v.short("blackout.proof.sample_every", b.Proof.SampleEvery, time.Hour)
	v.short("blackout.proof.max_gap", b.Proof.MaxGap, time.Hour)
	v.short("blackout.limits.one_off", b.Limits.OneOff, 31*24*time.Hour)
	if !v.has("blackout") {
		return
	}
	v.oneOf("blackout.obligation", b.Obligation, ObligationMay, ObligationMust)
	if len(b.DecidedBy) == 0 {
		v.fault("blackout.decided_by", "nobody may decide to cover", "list at least one role under decided_by")
	}
	v.roleList("blackout.decided_by", b.DecidedBy)
	ids(v, "blackout.templates", b.Templates, func(t Template) string { return t.ID })
	for i := range b.Templates {
		v.template(index("blackout.templates", i), &b.Templates[i])
	}
}

func (v *validator) template(at string, t *Template) {
	v.required(join(at, "reason"), t.Reason)
	if len(t.Zones) == 0 {
		v.fault(join(at, "zones"), fmt.Sprintf("template %q names no zone", t.ID), "list the zones whose view must be covered")
	}
	for j, z := range t.Zones {
		if !v.zones[z] {
			v.fault(index(join(at, "zones"), j), fmt.Sprintf("%s is no zone of any site", short(z)), "add it to a site, or correct it")
		}
	}
	if t.Days == 0 && !v.has(join(at, "days")) {
		t.Days = 1
	}
	if t.Days < 1 || t.Days > 14 {
		v.fault(join(at, "days"), fmt.Sprintf("days is %d", t.Days), "write 1 to 14")
	}
	from, release := join(at, "covered_from"), join(at, "earliest_release")
	if t.CoveredFrom == "" && !v.has(from) {
		v.fault(from, "covered_from is missing", `write the local time, as in "06:30"`)
	}
	if t.EarliestRelease == "" && !v.has(release) {
		v.fault(release, "earliest_release is missing", `write the local time, as in "21:00"`)
	}
	if t.CoveredFrom != "" && t.EarliestRelease != "" && t.Days == 1 && t.EarliestRelease <= t.CoveredFrom {
		v.fault(release, fmt.Sprintf("the earliest release %s is not after the beginning %s", t.EarliestRelease, t.CoveredFrom), "write a later time of the same day, or days: 2")
	}
	if len(t.ReleaseBy) == 0 {
		v.fault(join(at, "release_by"), fmt.Sprintf("nobody may release template %q", t.ID), "list at least one role under release_by")
	}
	v.roleList(join(at, "release_by"), t.ReleaseBy)
	if t.Signatures == 0 && !v.has(join(at, "signatures")) {
		t.Signatures = 1
	}
	if t.Signatures < 1 || t.Signatures > 5 {
		v.fault(join(at, "signatures"), fmt.Sprintf("signatures is %d", t.Signatures), "write 1 to 5 people")
	}
}

func (v *validator) alerts() {
	a := v.p.Alerts
	for key, list := range map[string][]string{"critical": a.Critical, "high": a.High, "medium": a.Medium, "low": a.Low} {
		v.roleList(join("alerts", key), list)
	}
	for role, list := range a.Addresses {
		at := join("alerts.addresses", role)
		if !v.roles[role] {
			v.fault(at, fmt.Sprintf("%s is no role of this protocol", short(role)), "add it under roles, or correct it")
		}
		for i, s := range list {
			if m, err := mail.ParseAddress(s); err != nil || m.Address != s {
				v.fault(index(at, i), fmt.Sprintf("%s is not a mail address", short(s)), "write it bare, as in name@example.org")
			}
		}
	}
}

// restrictions may only repeat what the agent does anyway: it never stores or
// shows a frame (rule ACC-1).
func (v *validator) restrictions() {
	r := v.p.AgentRestrictions
	if r.StoreFrames != "" && r.StoreFrames != "never" {
		v.fault("agent_restrictions.store_frames", fmt.Sprintf("store_frames is %s", short(r.StoreFrames)), "write never: Lensdop cannot store frames")
	}
	if len(r.ShowFramesTo) > 0 {
		v.fault("agent_restrictions.show_frames_to", "show_frames_to is not empty", "write []: Lensdop cannot show frames")
	}
}

func defaultTo(s *string, value string) {
	if *s == "" {
		*s = value
	}
}
