package policy

import "fmt"

func (v *validator) processings() {
	ids(v, "processing", v.p.Processing, func(p Processing) string { return p.ID })
	checkers := 0
	for i := range v.p.Processing {
		q := &v.p.Processing[i]
		at := index("processing", i)
		v.required(join(at, "name"), q.Name.In("nl"))
		if q.Checker {
			if checkers++; checkers > 1 {
				v.fault(join(at, "checker"), "a second processing is marked as the checker", "keep checker: true on one")
			}
			if q.Retention.Max.IsZero() && !v.has(join(at, "retention.max")) {
				v.fault(join(at, "retention"), "the checker's processing does not say how long measures stay", "add retention: {max: P28D}")
			}
		}
		v.system(at, q)
		v.purposes(at, q)
		v.maybe(join(at, "place"), q.Place, "open", "closed-public", "closed-private")
		v.maybe(join(at, "recording.mode"), q.Recording.Mode, RecordContinuous, RecordMotion, RecordIncident, RecordButton, RecordNever)
		v.role(join(at, "recording.pressed_by"), q.Recording.PressedBy)
		ids(v, join(at, "recipients"), q.Recipients, func(r Recipient) string { return r.ID })
		for j, r := range q.Recipients {
			v.roleList(join(index(join(at, "recipients"), j), "on_request_of"), r.OnRequestOf)
		}
		v.retention(at, q)
		defaultTo(&q.Covert.Use, CovertNever)
		v.oneOf(join(at, "covert.use"), q.Covert.Use, CovertNever, CovertConditional)
		v.maybe(join(at, "notify.when"), q.Notify.When, NotifyImmediate, NotifyDeferred, NotifyNone)
		if q.Notify.When == NotifyDeferred {
			v.required(join(at, "notify.reason"), q.Notify.Reason)
		}
		v.positive(join(at, "dpia.review_every"), q.DPIA.ReviewEvery)
	}
	v.holds()
}

// system fills in the kind of system: Lensdop itself is the checker, and what
// says nothing has cameras.
func (v *validator) system(at string, q *Processing) {
	path := join(at, "system")
	if !v.has(path) {
		q.System = SystemCameras
		if q.Checker {
			q.System = SystemChecker
		}
		return
	}
	v.oneOf(path, q.System, Systems()...)
	if (q.System == SystemChecker) != q.Checker {
		v.fault(path, fmt.Sprintf("system is %s, but checker is %t", short(q.System), q.Checker), "write checker: true with system: checker, and neither for any other")
	}
}

// purposes checks what a processing is for and what it is not for (rules
// PUR-1, PUR-5).
func (v *validator) purposes(at string, q *Processing) {
	if len(q.Purposes) == 0 {
		v.fault(join(at, "purposes"), fmt.Sprintf("processing %q has no purpose", q.ID), "list at least one under purposes (rule PUR-1)")
	}
	known := map[string]bool{}
	list := func(key string, list []Purpose) {
		path := join(at, key)
		ids(v, path, list, func(u Purpose) string { return u.ID })
		for j, u := range list {
			v.required(join(index(path, j), "text"), u.Text)
			v.maybe(join(index(path, j), "aim"), u.Aim, AimSafety, AimGoods, AimOperations, AimWorkControl, AimEvidence, AimAccess, AimCompliance, AimCovert)
			v.positive(join(index(path, j), "retention"), u.Retention)
		}
	}
	list("purposes", q.Purposes)
	list("prohibited_uses", q.ProhibitedUses)
	for _, u := range q.Purposes {
		known[u.ID] = true
	}
	uses := func(key string, list []Use) {
		path := join(at, key)
		ids(v, path, list, func(u Use) string { return u.ID })
		for j, u := range list {
			v.required(join(index(path, j), "text"), u.Text)
			if u.Purpose != "" && !known[u.Purpose] {
				v.fault(join(index(path, j), "purpose"), fmt.Sprintf("%s is no purpose of processing %q", short(u.Purpose), q.ID), "name the id of an entry under its purposes")
			}
		}
	}
	uses("uses", q.Uses)
	uses("consultation", q.Consultation)
}

func (v *validator) retention(at string, q *Processing) {
	for key, d := range map[string]Duration{"retention.max": q.Retention.Max, "retention.device_set": q.Retention.DeviceSet, "viewable.max": q.Viewable.Max} {
		v.positive(join(at, key), d)
	}
	limit, what, hard := v.ceilingOf(at, q)
	if what == "" || !q.Retention.Max.Exceeds(limit) {
		return
	}
	r, path := q.Retention, join(at, "retention.max")
	said := fmt.Sprintf("%s kept %s, longer than the %s that holds in %s", what, r.Max, limit, v.p.Metadata.Jurisdiction)
	switch {
	case r.Ground != "":
		// The law that is named lets it, and people can look it up.
	case hard && r.Ref == "":
		v.fault(path, said, "shorten it, or cite the law that allows it in retention.ground")
	default:
		v.conflict(code("retention-over-ceiling", q.ID), path, said, "shorten it, or cite the law that allows it in retention.ground")
	}
}

// ceilingOf is how long the data of a processing may stay (rule catalogue
// §1.9, conflicts 1 to 3, and §3). Passing a hard ceiling is an error, unless
// an article of the protocol says so: then its author chose it, and it is a
// conflict with the law that must be settled. Only a ground in law clears it.
// Six months for calls is advice ("preferably"), so there passing it is a
// conflict at most. No ceiling is known for other data.
func (v *validator) ceilingOf(at string, q *Processing) (limit Duration, what string, hard bool) {
	filmed := q.DataCategories.Video || q.System == SystemCameras && v.has(join(at, "system"))
	switch {
	case q.System == SystemBodycams || q.System == SystemPoliceCameras:
		return Duration{Months: 12}, "police recordings are", true // BE: police act art. 25/6
	case q.System == SystemCalls || q.System == SystemSound:
		return Duration{Months: 6}, "recordings of calls are", false // HR article, telephone 5
	case !filmed:
		return Duration{}, "", false
	case v.p.Metadata.Jurisdiction == JurisdictionBE:
		return Duration{Months: 1}, "video is", true // camera act
	default:
		return Duration{Days: 28}, "video is", true // four weeks
	}
}

// holds checks when recordings may stay longer (rules HLD-1, HLD-2).
func (v *validator) holds() {
	ids(v, "holds", v.p.Holds, func(h Hold) string { return h.ID })
	for i, h := range v.p.Holds {
		at := index("holds", i)
		if len(h.AppliesTo) == 0 {
			v.fault(join(at, "applies_to"), fmt.Sprintf("hold %q applies to no processing", h.ID), "list at least one under applies_to")
		}
		for j, id := range h.AppliesTo {
			refer(v, index(join(at, "applies_to"), j), "processing", id, v.processes)
		}
		v.roleList(join(at, "requested_by"), h.RequestedBy)
		v.roleList(join(at, "approved_by"), h.ApprovedBy)
		v.positive(join(at, "review_every"), h.ReviewEvery)
		v.maybe(join(at, "annulment"), h.Annulment, annulmentHold, annulmentErase)
	}
}

// Words of Hold.Annulment.
const (
	annulmentHold  = "hold-wins"
	annulmentErase = "erase"
)
