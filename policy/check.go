package policy

import "time"

// Check reads and validates the files of one protocol and returns every
// problem of all three classes, in the order of the files. The protocol is nil
// exactly if one of them is of ClassError.
//
// A file is YAML without anchors, aliases, tags, merge keys and complex keys:
// what stands in it is what a person reads there. Documents in a file, with ---
// between them, count as files. The first file has the whole metadata; each
// other says apiVersion, kind and metadata.id, and adds to it: lists go on from
// file to file, every other block stands in one of them only.
func Check(files ...File) (*Protocol, Problems) { return CheckSince(nil, files...) }

// CheckSince is Check that also compares what each consent covers with an
// earlier version of the protocol: the one that was consented to.
func CheckSince(previous *Protocol, files ...File) (*Protocol, Problems) {
	parts, problems := parseAll(files)
	if len(problems) > 0 {
		return nil, problems.sorted(files)
	}
	d := &decoder{at: map[string]position{}, broken: map[string]bool{}}
	p := &Protocol{}
	if d.protocol(parts, p) {
		validate(d, p, previous)
	}
	problems = d.problems.sorted(files)
	if len(problems.Of(ClassError)) > 0 {
		return nil, problems
	}
	p.written = make(map[string]bool, len(d.at))
	for path := range d.at {
		p.written[path] = true
	}
	return p, problems
}

// validator checks what the shape of a file cannot: names that must exist,
// values that must make sense together. It also fills in what the file may
// leave out.
type validator struct {
	*decoder

	p         *Protocol
	roles     map[string]bool
	sites     map[string]*Site
	zones     map[string]bool // of any site
	processes map[string]*Processing
	devices   map[string]*Device
	signs     map[string]*Sign
	templates map[string]*Template
	waivers   map[string]bool
}

// validate reports every problem of a protocol that could be read. What is an
// error comes first, so that the later parts can rely on names that exist.
func validate(d *decoder, p, previous *Protocol) {
	v := &validator{
		decoder: d, p: p, roles: map[string]bool{}, sites: map[string]*Site{}, zones: map[string]bool{},
		processes: map[string]*Processing{}, devices: map[string]*Device{}, signs: map[string]*Sign{},
		templates: map[string]*Template{}, waivers: map[string]bool{},
	}
	p.locations = map[string]*time.Location{}
	p.recurrences = map[string]*recurrence{}
	v.index()
	v.header()
	v.processings()
	v.people()
	v.places()
	v.blackout()
	v.recorded()
	v.alerts()
	v.restrictions()
	v.dates()
	v.contradictions()
	v.coverage()
	v.gaps()
	p.consentsAt = make([]position, len(p.WorksCouncil.Consents))
	for i := range p.consentsAt {
		p.consentsAt[i] = v.place(index("works_council.consents", i))
	}
	v.consents(previous)
	v.resolve()
}

// index notes every name that others may refer to. Ids that stand twice are
// told where the lists are checked.
func (v *validator) index() {
	p := v.p
	for _, r := range p.Roles {
		v.roles[r.ID] = true
	}
	byID(v.sites, p.Sites, func(s *Site) string { return s.ID })
	for _, s := range p.Sites {
		for _, z := range s.Zones {
			v.zones[z.ID] = true
		}
	}
	byID(v.processes, p.Processing, func(q *Processing) string { return q.ID })
	byID(v.devices, p.Devices, func(d *Device) string { return d.ID })
	byID(v.signs, p.Signs, func(s *Sign) string { return s.ID })
	byID(v.templates, p.Blackout.Templates, func(t *Template) string { return t.ID })
	for _, w := range p.Waivers {
		v.waivers[w.ID] = true
	}
}

func byID[T any](into map[string]*T, list []T, id func(*T) string) {
	for i := range list {
		if k := id(&list[i]); into[k] == nil {
			into[k] = &list[i]
		}
	}
}

// conflict reports the source against itself or against the law. The file
// settles it with an entry of that code under conflicts.
func (v *validator) conflict(code, path, what, fix string) {
	v.remark(ClassConflict, code, path, what, fix+"; or say under conflicts how it is resolved, with code: "+code)
}

// open reports what the source does not say and a rule needs.
func (v *validator) open(code, path, what, fix string) { v.remark(ClassOpen, code, path, what, fix) }

func (v *validator) remark(class Class, code, path, what, fix string) {
	if v.broken[path] {
		return
	}
	q := fault(v.place(path), what, fix)
	q.Class, q.Code = class, code
	v.problems = append(v.problems, q)
}

// resolve gives each conflict that was found the resolution that the file names
// for it, and reports the entries under conflicts themselves.
func (v *validator) resolve() {
	ids(v, "conflicts", v.p.Conflicts, func(c Conflict) string { return c.ID })
	found := map[string][]int{}
	failed := false
	for i, q := range v.problems {
		failed = failed || q.Class == ClassError
		if q.Class == ClassConflict {
			found[q.Code] = append(found[q.Code], i)
		}
	}
	named := map[string]string{}
	for i, c := range v.p.Conflicts {
		at := index("conflicts", i)
		v.required(join(at, "text"), c.Text)
		v.required(join(at, "resolve"), c.Resolve)
		v.severity(join(at, "severity"), c.Severity)
		other, twice := named[c.Code]
		switch {
		case c.Code == "" && c.Resolve == "":
		case c.Code == "":
			v.remark(ClassConflict, code("stated", c.ID), at, c.Text, "the file resolves it: "+c.Resolve)
			last := &v.problems[len(v.problems)-1]
			last.Resolution, last.Assumed = c.Resolve, v.p.proposed(c)
		case twice:
			v.fault(join(at, "code"), "code "+short(c.Code)+" stands twice under conflicts", "the first entry is "+short(other)+"; keep one")
		case len(found[c.Code]) > 0:
			for _, j := range found[c.Code] {
				v.problems[j].Resolution, v.problems[j].Assumed = c.Resolve, v.p.proposed(c)
			}
		case !failed: // an error may hide the conflict
			v.open(code("resolves-nothing", c.ID), join(at, "code"), "the entry resolves nothing: no conflict has the code "+short(c.Code), "correct the code, or remove the entry")
		default:
		}
		named[c.Code] = c.ID
	}
}

// proposed tells that the resolution of a conflict is assumed. What stands around
// the entry says so for it, unless the entry has an article of its own.
func (p *Protocol) proposed(c Conflict) bool {
	word := c.Basis.Of("resolve")
	for _, key := range []string{"conflicts." + c.ID, "conflicts"} {
		if word == "" {
			word = p.Basis.Fields[key]
		}
	}
	if word == "" && c.Ref == "" {
		word = p.Basis.All
	}
	return word == BasisAssumed
}
