package policy

import (
	"slices"
	"time"
)

// Site returns the site with the id.
func (p *Protocol) Site(id string) (Site, bool) {
	return find(p.Sites, func(s *Site) bool { return s.ID == id })
}

// Camera returns the camera with the id.
func (p *Protocol) Camera(id string) (Camera, bool) {
	return find(p.Cameras, func(c *Camera) bool { return c.ID == id })
}

// Reader returns the reader with the id.
func (p *Protocol) Reader(id string) (Reader, bool) {
	return find(p.Readers, func(r *Reader) bool { return r.ID == id })
}

// Role returns the role with the id.
func (p *Protocol) Role(id string) (Role, bool) {
	return find(p.Roles, func(r *Role) bool { return r.ID == id })
}

// Template returns the blackout template with the id.
func (p *Protocol) Template(id string) (Template, bool) {
	return find(p.Blackout.Templates, func(t *Template) bool { return t.ID == id })
}

// Checker returns the processing that is Lensdop itself. Without one the agent
// finds and asks devices but opens no stream (invariant 1).
func (p *Protocol) Checker() (Processing, bool) {
	return find(p.Processing, func(q *Processing) bool { return q.Checker })
}

// CamerasOf lists the cameras of a site, in the order of the file.
func (p *Protocol) CamerasOf(site string) []Camera {
	return filter(p.Cameras, func(c *Camera) bool { return c.Site == site })
}

// ReadersOf lists the readers of a site, in the order of the file.
func (p *Protocol) ReadersOf(site string) []Reader {
	return filter(p.Readers, func(r *Reader) bool { return r.Site == site })
}

// Location is the time zone of a site; for one that the protocol does not
// have, or whose time zone is unknown here, it is UTC.
func (p *Protocol) Location(site string) *time.Location {
	if loc := p.locations[site]; loc != nil && site != "" {
		return loc
	}
	name := p.Metadata.Timezone
	if s, ok := p.Site(site); ok && s.Timezone != "" {
		name = s.Timezone
	}
	if loc := p.locations[""]; loc != nil && loc.String() == name {
		return loc // LoadLocation would read it from the disk again
	}
	if loc, err := time.LoadLocation(name); err == nil {
		return loc
	}
	return time.UTC
}

// AlertAddresses lists the mail addresses that a finding of a severity
// ("critical", "high", "medium", "low") goes to, each once.
func (p *Protocol) AlertAddresses(severity string) []string {
	roles := map[string][]string{
		"critical": p.Alerts.Critical, "high": p.Alerts.High, "medium": p.Alerts.Medium, "low": p.Alerts.Low,
	}[severity]
	var list []string
	for _, r := range roles {
		for _, a := range p.Alerts.Addresses[r] {
			if !slices.Contains(list, a) {
				list = append(list, a)
			}
		}
	}
	return list
}

// Written tells whether a file says the value at a path, such as
// cameras[2].sound. What it does not say, Parse fills in: from the camera's
// device, from camera_defaults, or with what holds everywhere. Of a protocol
// that Parse did not make, everything counts as written.
func (p *Protocol) Written(path string) bool { return p.written == nil || p.written[path] }

func find[T any](list []T, is func(*T) bool) (T, bool) {
	for i := range list {
		if is(&list[i]) {
			return list[i], true
		}
	}
	var none T
	return none, false
}

func filter[T any](list []T, is func(*T) bool) []T {
	var out []T
	for i := range list {
		if is(&list[i]) {
			out = append(out, list[i])
		}
	}
	return out
}
