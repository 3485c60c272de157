package policy

import "fmt"

// dates reports what happened in another order than consultation, adoption,
// effect, first use (rules CON-1, CON-10, PUR-9; rule catalogue, conflict 16).
// Dates that cannot be are errors, told where they stand.
func (v *validator) dates() {
	m := v.p.Metadata
	if m.Effective.Date.before(m.Published.Date) && !m.Effective.Date.before(m.Adopted.Date) {
		v.conflict("effective-before-published", "metadata.effective", fmt.Sprintf("the protocol takes effect on %s, before it is published on %s", m.Effective.Date, m.Published.Date), "correct one of the two dates")
	}
	var dpo Date // advice of the data protection officer
	for _, c := range m.Consultations {
		if c.Body == "dpo" {
			dpo = c.Date
		}
	}
	for i, c := range m.Consultations {
		at := index("metadata.consultations", i)
		last := c.Date
		if last.IsZero() {
			last = c.Until
		}
		if m.Adopted.Date.before(last) {
			v.conflict(code("consultation-after-adoption", c.Body), at, fmt.Sprintf("%s is asked until %s, after the adoption on %s", short(c.Body), last, m.Adopted.Date), "correct one of the dates, or adopt again")
		}
		if c.Body != "staff" && c.Date.before(dpo) {
			v.conflict("consultation-order:dpo", at, fmt.Sprintf("%s answers on %s, before the data protection officer's advice of %s", short(c.Body), c.Date, dpo), "show that it knew the advice, or ask again")
		}
	}
	for i, c := range v.p.WorksCouncil.Consents {
		at := index("works_council.consents", i)
		if m.Effective.Date.before(c.Date) {
			v.conflict(code("consent-after-effective", c.ID), join(at, "date"), fmt.Sprintf("%q is of %s, after the protocol took effect on %s", c.ID, c.Date, m.Effective.Date), "correct one of the two dates")
		}
		if c.Date.before(dpo) {
			v.conflict("consultation-order:dpo", join(at, "date"), fmt.Sprintf("%q is of %s, before the data protection officer's advice of %s", c.ID, c.Date, dpo), "show that the council knew the advice, or ask again")
		}
	}
	for i, q := range v.p.Processing {
		v.firstUse(index("processing", i), "processing", q.ID, q.ID, q.FirstUse)
	}
	for i := range v.p.Cameras {
		c := &v.p.Cameras[i]
		v.firstUse(index("cameras", i), "camera", c.ID, c.Processing, c.FirstUse)
	}
	for i, r := range v.p.Readers {
		v.firstUse(index("readers", i), "reader", r.ID, r.Processing, r.FirstUse)
	}
	for i, d := range v.p.Decisions {
		if d.Cover.First.before(d.Date) {
			v.conflict(code("decision-after-cover", d.ID), join(index("decisions", i), "date"), fmt.Sprintf("decision %q is of %s, after the first day %s that it covers", d.ID, d.Date, d.Cover.First), "correct one of the two dates")
		}
	}
}

// firstUse holds the first day on which something is used against what must
// come before it.
func (v *validator) firstUse(at, kind, id, processing string, first Date) {
	q := v.processes[processing]
	if first.IsZero() || q == nil {
		return
	}
	late := func(word, what, fix string, d Date) {
		v.conflict(code("first-use-before-"+word, kind, id), join(at, "first_use"), fmt.Sprintf("%s %q is used from %s, %s %s", kind, id, first, what, d), fix)
	}
	if d := v.p.Metadata.Effective.Date; first.before(d) {
		late("effective", "before the protocol takes effect on", "correct one of the two dates, or say why it was used before", d)
	}
	if d := v.p.consentedOn(q); first.before(d) {
		late("consent", "before the works council's consent of", "correct one of the two dates, or say why it was used before (rule CON-1)", d)
	}
	if d := q.DPIA.Date; first.before(d) {
		late("dpia", "before the DPIA of", "correct one of the two dates, or say why it was used before (rule PUR-9)", d)
	}
	if d := v.p.Registers.Declaration.Declared; q.System == SystemCameras && kind != "reader" && q.DataCategories.Video && !d.IsZero() && !d.before(first) {
		late("declaration", "not after the declaration of", "declare cameras at the latest the day before they are used", d)
	}
}

// consentedOn is the day of the first consent about a processing, if known.
func (p *Protocol) consentedOn(q *Processing) Date {
	var first Date
	for _, c := range p.WorksCouncil.Consents {
		if c.about(q) && c.stands() && !c.Date.IsZero() && (first.IsZero() || c.Date.before(first)) {
			first = c.Date
		}
	}
	return first
}
