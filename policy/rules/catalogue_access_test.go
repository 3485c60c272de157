package rules_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
	"github.com/lensdop/lensdop/policy/rules"
)

// accExample puts one of the example files in the place of the good world's.
func accExample(f *rules.Facts, file []byte) {
	p, err := policy.Parse("example.yaml", file)
	if err != nil {
		panic(err)
	}
	f.Protocol = p
}

// accRoles adds the roles that the tables of permissions below speak of.
func accRoles(f *rules.Facts) {
	for _, id := range []string{"sysadmin", "manager", "secretary", "post", "director", "inspector", "chief", "oversight"} {
		f.Protocol.Roles = append(f.Protocol.Roles, policy.Role{ID: id, Name: policy.Text{NL: id, FR: id, EN: id}, Nominative: id == "inspector" || id == "sysadmin"})
	}
	f.Protocol.AccessFlow = nil
	f.Protocol.LiveView = ""
}

func accNobody() policy.Permission {
	return policy.Permission{Role: policy.AnyRole, Deny: []string{policy.VerbLive, policy.VerbSearch, policy.VerbPlayback, policy.VerbRetrieve, policy.VerbExport}}
}

// accByIncident is the reading of Heusden: managers look after an incident,
// ICT never does.
func accByIncident(f *rules.Facts) {
	accRoles(f)
	looks := []string{policy.VerbSearch, policy.VerbPlayback, policy.VerbExport}
	needs := []string{policy.NeedIncident, policy.NeedReason}
	f.Protocol.Permissions = []policy.Permission{
		{Role: "sysadmin", Allow: []string{policy.VerbConfigure, policy.VerbHealth}, Deny: accNobody().Deny},
		{Role: "manager", Allow: looks, Require: needs},
		{Role: "secretary", Allow: looks, Require: needs},
		{Role: "post", Allow: []string{policy.VerbLive}, Sites: []string{site}},
		accNobody(),
	}
	f.Cases = devices.Of([]rules.Case{{ID: "i1", Incident: now.Add(-2 * time.Hour), Opened: now.Add(-90 * time.Minute)}})
}

// accByApproval is the reading of Oostrozebeke: two functions ask, the director
// approves, ICT retrieves.
func accByApproval(f *rules.Facts) {
	accRoles(f)
	f.Protocol.Permissions = []policy.Permission{
		{Role: "director", Allow: []string{policy.VerbApprove}},
		{Role: "inspector", Allow: []string{policy.VerbRequest, policy.VerbPlayback}, Require: []string{policy.NeedReason, policy.NeedGround, policy.NeedApproval}, ApprovedBy: "director", Via: "sysadmin"},
		{Role: "sysadmin", Allow: []string{policy.VerbConfigure, policy.VerbHealth}},
		{Role: "sysadmin", Allow: []string{policy.VerbRetrieve}, Require: []string{policy.NeedApproval}, ApprovedBy: "director"},
		accNobody(),
	}
	f.Protocol.AccessFlow = []policy.AccessStep{
		{Step: "request", By: []string{"inspector"}},
		{Step: "approve", By: []string{"director"}, MaxAge: policy.Duration{Days: 7}},
		{Step: "retrieve", By: []string{"sysadmin"}},
	}
	f.Protocol.Processing[0].Consultation = []policy.Use{{ID: "crime", Text: "Crimes"}}
	f.Holders = devices.Of([]rules.Holder{{Role: "inspector", Name: "A. Person", Reviewed: now}, {Role: "sysadmin", Name: "B. Person", Reviewed: now}})
}

// accByChief is the reading of the union guideline: the chief only.
func accByChief(f *rules.Facts) {
	accRoles(f)
	f.Protocol.Guidelines = append(f.Protocol.Guidelines, policy.Guideline{ID: policy.GuidelinePoliceUnion})
	f.Protocol.Permissions = []policy.Permission{
		{Role: "chief", Allow: []string{policy.VerbSearch, policy.VerbPlayback}, Require: []string{policy.NeedCase, policy.NeedReason, policy.NeedOtherMeans}},
		{Role: "oversight", Deny: accNobody().Deny},
		{Role: "sysadmin", Allow: []string{policy.VerbConfigure}},
		accNobody(),
	}
	f.Cases = devices.Of([]rules.Case{{ID: "i1", Incident: now.Add(-2 * time.Hour)}})
}

// accLooks is a session that complies with accByIncident and accByChief.
func accLooks(role string) rules.Session {
	return rules.Session{
		ID: "s1", Who: "jan.jansen", Role: role, Verb: policy.VerbPlayback, Site: site, Start: now.Add(-time.Hour), End: now.Add(-50 * time.Minute),
		Case: "i1", Reason: "theft", OtherMeans: "witness", Logged: true,
	}
}

// accAsks is a session that complies with accByApproval.
func accAsks() rules.Session {
	x := accLooks("inspector")
	x.Case, x.Ground, x.Approval, x.ApproverRole, x.Approved, x.Via = "", "crime", "g1", "director", now.Add(-24*time.Hour), "sysadmin"
	return x
}

// accLive is a session of live view.
func accLive(role string) rules.Session {
	return rules.Session{ID: "s1", Who: "jan.jansen", Role: role, Verb: policy.VerbLive, Site: site, Camera: "entree", Start: now.Add(-time.Hour), End: now.Add(-50 * time.Minute), Logged: true}
}

func accWith(base func(*rules.Facts), x rules.Session, change func(x *rules.Session)) func(*rules.Facts) {
	return func(f *rules.Facts) {
		base(f)
		if change != nil {
			change(&x)
		}
		f.Sessions = devices.Of([]rules.Session{x})
		f.Flows = devices.Of([]rules.Flow{})
	}
}

func accFlows(base func(*rules.Facts), flows ...rules.Flow) func(*rules.Facts) {
	return func(f *rules.Facts) {
		base(f)
		f.Sessions = devices.Of([]rules.Session{})
		f.Flows = devices.Of(flows)
	}
}

func accStray(role string) rules.Flow {
	return rules.Flow{Camera: "entree", From: "10.0.0.7", Role: role, At: now.Add(-time.Hour), Kind: "live"}
}

func accLiveHere(f *rules.Facts) {
	accByIncident(f)
	f.Protocol.Sites[0].LiveView = policy.Allowed
}

func accThen(base, more func(*rules.Facts)) func(*rules.Facts) {
	return func(f *rules.Facts) { base(f); more(f) }
}

// accessCases are the rows for the entries in catalogue_access.go.
func accessCases() []ruleCase {
	unknown := func(base func(*rules.Facts)) func(*rules.Facts) {
		return accThen(base, func(f *rules.Facts) {
			f.Sessions, f.Flows = devices.Unreadable[[]rules.Session](errRead), devices.Unreadable[[]rules.Flow](errRead)
		})
	}
	none := func(base func(*rules.Facts)) func(*rules.Facts) { return accFlows(base) }
	change := func(f func(x *rules.Session)) func(x *rules.Session) { return f }
	approvedAt := func(d time.Duration) func(x *rules.Session) {
		return func(x *rules.Session) { x.Approved = x.Start.Add(d) }
	}
	incidentAt := func(d time.Duration) func(*rules.Facts) {
		return accThen(accWith(accByIncident, accLooks("manager"), nil), func(f *rules.Facts) {
			f.Cases = devices.Of([]rules.Case{{ID: "i1", Incident: now.Add(-time.Hour).Add(d)}})
		})
	}
	return []ruleCase{
		{"ACC-1", "nobody of ICT looked", accWith(accByIncident, accLooks("manager"), nil), "ACC-1/sessions/de-polder", rules.Pass},
		{"ACC-1", "nobody looked at all", none(accByIncident), "ACC-1/sessions/de-polder", rules.Pass},
		{"ACC-1", "ICT played back", accWith(accByIncident, accLooks("sysadmin"), nil), "ACC-1/session/de-polder/s1", rules.Fail},
		{"ACC-1", "ICT watched live", accWith(accByIncident, accLive("sysadmin"), nil), "ACC-1/session/de-polder/entree/s1", rules.Fail},
		{"ACC-1", "ICT checked that it works", accWith(accByIncident, accLooks("sysadmin"), change(func(x *rules.Session) { x.Verb = policy.VerbHealth })), "ACC-1/sessions/de-polder", rules.Pass},
		{"ACC-1", "ICT elsewhere", accWith(accByIncident, accLooks("sysadmin"), change(func(x *rules.Session) { x.Site = "elsewhere" })), "ACC-1/sessions/de-polder", rules.Pass},
		{"ACC-1", "ICT, the log does not say where", accWith(accByIncident, accLooks("sysadmin"), change(func(x *rules.Session) { x.Site = "" })), "ACC-1/session/de-polder/s1", rules.Fail},
		{"ACC-1", "a session without an id", accWith(accByIncident, accLooks("sysadmin"), change(func(x *rules.Session) { x.ID = "" })), "ACC-1/session/de-polder/2026-03-18T11:00:00Z", rules.Fail},
		{"ACC-1", "ICT retrieves on an approved request", accWith(accByApproval, accAsks(), change(func(x *rules.Session) { x.Role, x.Verb = "sysadmin", policy.VerbRetrieve })), "ACC-1/sessions/de-polder", rules.Pass},
		{"ACC-1", "ICT retrieves without a request", accWith(accByApproval, accAsks(), change(func(x *rules.Session) { x.Role, x.Verb, x.Approval = "sysadmin", policy.VerbRetrieve, "" })), "ACC-1/session/de-polder/s1", rules.Fail},
		{"ACC-1", "ICT retrieves, the time of approval is not known", accWith(accByApproval, accAsks(), change(func(x *rules.Session) { x.Role, x.Verb, x.Approved = "sysadmin", policy.VerbRetrieve, time.Time{} })), "ACC-1/session/de-polder/s1", rules.Unproven},
		{"ACC-1", "ICT plays back where it may only retrieve", accWith(accByApproval, accAsks(), change(func(x *rules.Session) { x.Role = "sysadmin" })), "ACC-1/session/de-polder/s1", rules.Fail},
		{"ACC-1", "the protocol lets ICT look", accThen(none(accByIncident), func(f *rules.Facts) {
			f.Protocol.Permissions[0] = policy.Permission{Role: "sysadmin", Allow: []string{policy.VerbConfigure, policy.VerbPlayback}}
		}), "ACC-1/permission/de-polder/sysadmin-playback", rules.Fail},
		{"ACC-1", "no administrator named: whoever may see nothing counts", accThen(accWith(accByIncident, accLooks("sysadmin"), nil), func(f *rules.Facts) { f.Protocol.Permissions = nil }), "ACC-1/session/de-polder/s1", rules.Fail},
		{"ACC-1", "ICT pulls past the relay", accFlows(accByIncident, accStray("sysadmin")), "ACC-1/flow/de-polder/entree", rules.Fail},
		{"ACC-1", "somebody pulls past the relay", accFlows(accByIncident, accStray("")), "ACC-1/flow/de-polder/entree", rules.Unproven},
		{"ACC-1", "a camera that nobody registered is pulled", accFlows(accByIncident, rules.Flow{Kind: "live", Role: "sysadmin", At: now}), "ACC-1/flow/de-polder", rules.Fail},
		{"ACC-1", "the recorder pulls", accFlows(accByIncident, rules.Flow{Camera: "entree", Role: "sysadmin", At: now, Kind: "live", Known: true}), "ACC-1/flows/de-polder", rules.Pass},
		{"ACC-1", "no log", unknown(accByIncident), "ACC-1/sessions/de-polder", rules.Unproven},
		{"ACC-1", "no flows", unknown(accByIncident), "ACC-1/flows/de-polder", rules.Unproven},

		{"ACC-2", "manager with an incident", accWith(accByIncident, accLooks("manager"), nil), "ACC-2/sessions", rules.Pass},
		{"ACC-2", "secretary without an incident", accWith(accByIncident, accLooks("secretary"), change(func(x *rules.Session) { x.Case = "" })), "ACC-2/session/s1", rules.Fail},
		{"ACC-2", "a role that may not", accWith(accByIncident, accLooks("dpo"), nil), "ACC-2/session/s1", rules.Fail},
		{"ACC-2", "a role that is none", accWith(accByIncident, accLooks("visitor"), nil), "ACC-2/session/s1", rules.Fail},
		{"ACC-2", "no role in the log", accWith(accByIncident, accLooks(""), nil), "ACC-2/session/s1", rules.Fail},
		{"ACC-2", "two of one id", accThen(accByIncident, func(f *rules.Facts) { f.Sessions = devices.Of([]rules.Session{accLooks("dpo"), accLooks("dpo")}) }), "ACC-2/session/s1#2", rules.Fail},
		{"ACC-2", "internal oversight, where the chief only may", accWith(accByChief, accLooks("oversight"), nil), "ACC-2/session/s1", rules.Fail},
		{"ACC-2", "the chief", accWith(accByChief, accLooks("chief"), nil), "ACC-2/sessions", rules.Pass},
		{"ACC-2", "live view is another rule's", accWith(accByIncident, accLive("dpo"), nil), "ACC-2/sessions", rules.Pass},
		{"ACC-2", "roles stated", none(accByIncident), "ACC-2/permissions", rules.Pass},
		{"ACC-2", "no roles stated", accThen(none(accByIncident), func(f *rules.Facts) { f.Protocol.Permissions = nil }), "ACC-2/permissions", rules.Unproven},
		{"ACC-2", "no log", unknown(accByIncident), "ACC-2/sessions", rules.Unproven},

		{"ACC-3", "an hour after", accWith(accByIncident, accLooks("manager"), nil), "ACC-3/sessions", rules.Pass},
		{"ACC-3", "a second after", incidentAt(-time.Second), "ACC-3/sessions", rules.Pass},
		{"ACC-3", "at the instant of the incident", incidentAt(0), "ACC-3/session/s1", rules.Fail},
		{"ACC-3", "before", incidentAt(time.Second), "ACC-3/session/s1", rules.Fail},
		{"ACC-3", "no incident", accWith(accByIncident, accLooks("manager"), change(func(x *rules.Session) { x.Case = "" })), "ACC-3/session/s1", rules.Fail},
		{"ACC-3", "an incident that no register has", accWith(accByIncident, accLooks("manager"), change(func(x *rules.Session) { x.Case = "i9" })), "ACC-3/session/s1", rules.Fail},
		{"ACC-3", "time of the incident not known", accThen(incidentAt(0), func(f *rules.Facts) { f.Cases = devices.Of([]rules.Case{{ID: "i1"}}) }), "ACC-3/session/s1", rules.Unproven},
		{"ACC-3", "no register of incidents", accThen(incidentAt(0), func(f *rules.Facts) { f.Cases = devices.Value[[]rules.Case]{} }), "ACC-3/session/s1", rules.Unproven},
		{"ACC-3", "no log", unknown(accByIncident), "ACC-3/sessions", rules.Unproven},
		{"ACC-3", "a permission without an incident", accThen(none(accByIncident), func(f *rules.Facts) { f.Protocol.Permissions[1].Require = []string{policy.NeedReason} }), "ACC-3/permission/manager-playback", rules.Fail},
		{"ACC-3", "bound to an approval instead", none(accByApproval), "ACC-3", rules.NotApplicable},

		{"ACC-4", "approved, reasoned, by name", accWith(accByApproval, accAsks(), nil), "ACC-4/sessions", rules.Pass},
		{"ACC-4", "not approved", accWith(accByApproval, accAsks(), change(func(x *rules.Session) { x.Approval = "" })), "ACC-4/session/s1", rules.Fail},
		{"ACC-4", "approved at the instant", accWith(accByApproval, accAsks(), approvedAt(0)), "ACC-4/sessions", rules.Pass},
		{"ACC-4", "approved a second late", accWith(accByApproval, accAsks(), approvedAt(time.Second)), "ACC-4/session/s1", rules.Fail},
		{"ACC-4", "approved a second less than a week before", accWith(accByApproval, accAsks(), approvedAt(-7*24*time.Hour+time.Second)), "ACC-4/sessions", rules.Pass},
		{"ACC-4", "approved a week before", accWith(accByApproval, accAsks(), approvedAt(-7*24*time.Hour)), "ACC-4/session/s1", rules.Fail},
		{"ACC-4", "approved by another", accWith(accByApproval, accAsks(), change(func(x *rules.Session) { x.ApproverRole = "inspector" })), "ACC-4/session/s1", rules.Fail},
		{"ACC-4", "time of approval not known", accWith(accByApproval, accAsks(), change(func(x *rules.Session) { x.Approved = time.Time{} })), "ACC-4/session/s1", rules.Unproven},
		{"ACC-4", "nobody may approve", accThen(accWith(accByApproval, accAsks(), nil), func(f *rules.Facts) {
			f.Protocol.Permissions, f.Protocol.AccessFlow = f.Protocol.Permissions[1:], nil
			f.Protocol.Permissions[0].ApprovedBy, f.Protocol.Permissions[2].ApprovedBy = "", ""
		}), "ACC-4/session/s1", rules.Unproven},
		{"ACC-4", "no reason", accWith(accByApproval, accAsks(), change(func(x *rules.Session) { x.Reason = "" })), "ACC-4/session/s1", rules.Fail},
		{"ACC-4", "no ground", accWith(accByApproval, accAsks(), change(func(x *rules.Session) { x.Ground = "" })), "ACC-4/session/s1", rules.Fail},
		{"ACC-4", "a ground that the protocol does not have", accWith(accByApproval, accAsks(), change(func(x *rules.Session) { x.Ground = "nuisance" })), "ACC-4/session/s1", rules.Fail},
		{"ACC-4", "a role that may not", accWith(accByApproval, accAsks(), change(func(x *rules.Session) { x.Role = "dpo" })), "ACC-4/session/s1", rules.Fail},
		{"ACC-4", "no log", unknown(accByApproval), "ACC-4/sessions", rules.Unproven},
		{"ACC-4", "listed by name", none(accByApproval), "ACC-4/holder/inspector", rules.Pass},
		{"ACC-4", "nobody listed", accThen(none(accByApproval), func(f *rules.Facts) { f.Holders = devices.Of([]rules.Holder{}) }), "ACC-4/holder/inspector", rules.Fail},
		{"ACC-4", "no register of holders", accThen(none(accByApproval), func(f *rules.Facts) { f.Holders = devices.Value[[]rules.Holder]{} }), "ACC-4/holder/inspector", rules.Unproven},
		{"ACC-4", "not demanded by name", accThen(none(accByApproval), func(f *rules.Facts) {
			for i := range f.Protocol.Roles {
				f.Protocol.Roles[i].Nominative = false
			}
		}), "ACC-4/holder/inspector", rules.Fail},
		{"ACC-4", "reviewed a second less than half a year ago", accReviewed(time.Second), "ACC-4/holder/inspector", rules.Pass},
		{"ACC-4", "reviewed half a year ago", accReviewed(0), "ACC-4/holder/inspector", rules.Fail},
		{"ACC-4", "never reviewed", accThen(accReviewed(0), func(f *rules.Facts) { f.Holders = devices.Of([]rules.Holder{{Role: "inspector"}}) }), "ACC-4/holder/inspector", rules.Unproven},
		{"ACC-4", "a permission without approval", accThen(none(accByApproval), func(f *rules.Facts) {
			f.Protocol.Permissions[1].ApprovedBy, f.Protocol.Permissions[1].Require = "", []string{policy.NeedReason}
		}), "ACC-4/permission/inspector-playback", rules.Fail},
		{"ACC-4", "nobody has access", accThen(none(accByApproval), func(f *rules.Facts) { f.Protocol.Permissions = nil }), "ACC-4/holder", rules.Unproven},
		{"ACC-4", "bound to an incident instead", none(accByIncident), "ACC-4", rules.NotApplicable},

		{"ACC-5", "asked for by a function, retrieved by ICT", accWith(accByApproval, accAsks(), nil), "ACC-5/sessions", rules.Pass},
		{"ACC-5", "ICT retrieves", accWith(accByApproval, accAsks(), change(func(x *rules.Session) { x.Role, x.Verb = "sysadmin", policy.VerbRetrieve })), "ACC-5/sessions", rules.Pass},
		{"ACC-5", "ICT looks itself", accWith(accByApproval, accAsks(), change(func(x *rules.Session) { x.Role = "sysadmin" })), "ACC-5/session/s1", rules.Fail},
		{"ACC-5", "asked for by another", accWith(accByApproval, accAsks(), change(func(x *rules.Session) { x.Role = "manager" })), "ACC-5/session/s1", rules.Fail},
		{"ACC-5", "carried out by another", accWith(accByApproval, accAsks(), change(func(x *rules.Session) { x.Via = "inspector" })), "ACC-5/session/s1", rules.Fail},
		{"ACC-5", "the log does not say by whom", accWith(accByApproval, accAsks(), change(func(x *rules.Session) { x.Via = "" })), "ACC-5/session/s1", rules.Unproven},
		{"ACC-5", "no log", unknown(accByApproval), "ACC-5/sessions", rules.Unproven},
		{"ACC-5", "who may looks without others", none(accByIncident), "ACC-5", rules.NotApplicable},

		{"ACC-6", "logged", accWith(accByIncident, accLooks("manager"), nil), "ACC-6/sessions/de-polder", rules.Pass},
		{"ACC-6", "not logged", accWith(accByIncident, accLooks("manager"), change(func(x *rules.Session) { x.Logged = false })), "ACC-6/session/de-polder/s1", rules.Fail},
		{"ACC-6", "no log", unknown(accByIncident), "ACC-6/sessions/de-polder", rules.Unproven},
		{"ACC-6", "a stream within a session", accDuring(accLive("post"), 0), "ACC-6/flows/de-polder", rules.Pass},
		{"ACC-6", "a stream five seconds before a session", accDuring(accLive("post"), -5*time.Second), "ACC-6/flows/de-polder", rules.Pass},
		{"ACC-6", "a stream more than five seconds before a session", accDuring(accLive("post"), -5*time.Second-time.Nanosecond), "ACC-6/flow/de-polder/entree", rules.Fail},
		{"ACC-6", "a stream five seconds after a session", accDuring(accLive("post"), 10*time.Minute+5*time.Second), "ACC-6/flows/de-polder", rules.Pass},
		{"ACC-6", "a stream after a session", accDuring(accLive("post"), 10*time.Minute+6*time.Second), "ACC-6/flow/de-polder/entree", rules.Fail},
		{"ACC-6", "a stream in playback", accDuring(accLooks("manager"), 0), "ACC-6/flow/de-polder/entree", rules.Fail},
		{"ACC-6", "a stream without any session", accFlows(accByIncident, accStray("")), "ACC-6/flow/de-polder/entree", rules.Fail},
		{"ACC-6", "a stream through the relay without any session", accFlows(accByIncident, rules.Flow{Camera: "entree", At: now, Kind: "live", Relay: true}), "ACC-6/flow/de-polder/entree", rules.Fail},
		{"ACC-6", "a stream of a camera elsewhere", accThen(accFlows(accByIncident, accStray("")), func(f *rules.Facts) {
			f.Protocol.Cameras[cam].Site = "elsewhere"
		}), "ACC-6/flows/de-polder", rules.Pass},
		{"ACC-6", "a stream, no log", accThen(accFlows(accByIncident, accStray("")), func(f *rules.Facts) { f.Sessions = devices.Value[[]rules.Session]{} }), "ACC-6/flow/de-polder/entree", rules.Unproven},
		{"ACC-6", "no flows", unknown(accByIncident), "ACC-6/flows/de-polder", rules.Unproven},

		{"ACC-8", "functions listed", none(accByChief), "ACC-8/functions/de-polder", rules.Pass},
		{"ACC-8", "everybody", accThen(none(accByChief), func(f *rules.Facts) {
			f.Protocol.Permissions = append(f.Protocol.Permissions, policy.Permission{Role: policy.AnyRole, Allow: []string{policy.VerbLive}})
		}), "ACC-8/functions/de-polder", rules.Fail},
		{"ACC-8", "nobody listed", accThen(none(accByChief), func(f *rules.Facts) { f.Protocol.Permissions = nil }), "ACC-8/functions/de-polder", rules.Unproven},
		{"ACC-8", "login asked", accThen(none(accByChief), func(f *rules.Facts) { f.Cameras[cam].Anonymous = devices.Of(false) }), "ACC-8/login/de-polder/entree", rules.Pass},
		{"ACC-8", "no login asked", accThen(none(accByChief), func(f *rules.Facts) { f.Cameras[cam].Anonymous = devices.Of(true) }), "ACC-8/login/de-polder/entree", rules.Fail},
		{"ACC-8", "login not tried", accThen(none(accByChief), func(f *rules.Facts) { f.Cameras[cam].Anonymous = devices.Unreadable[bool](errRead) }), "ACC-8/login/de-polder/entree", rules.Unproven},

		{"ACC-9", "stated", accWith(accByChief, accLooks("chief"), nil), "ACC-9/sessions", rules.Pass},
		{"ACC-9", "not stated", accWith(accByChief, accLooks("chief"), change(func(x *rules.Session) { x.OtherMeans = "" })), "ACC-9/session/s1", rules.Fail},
		{"ACC-9", "no log", unknown(accByChief), "ACC-9/sessions", rules.Unproven},
		{"ACC-9", "guideline not adopted", none(accByIncident), "ACC-9", rules.NotApplicable},

		{"ACC-10", "heard", accCase(func(*rules.Case) {}), "ACC-10/cases", rules.Pass},
		{"ACC-10", "no outcome", accCase(func(c *rules.Case) { c.Outcome = "" }), "ACC-10/case/i1", rules.Fail},
		{"ACC-10", "not heard", accCase(func(c *rules.Case) { c.Informed = time.Time{} }), "ACC-10/case/i1", rules.Fail},
		{"ACC-10", "heard this instant", accCase(func(c *rules.Case) { c.Informed = now }), "ACC-10/cases", rules.Pass},
		{"ACC-10", "to be heard later", accCase(func(c *rules.Case) { c.Informed = now.Add(time.Second) }), "ACC-10/case/i1", rules.Unproven},
		{"ACC-10", "open still", accCase(func(c *rules.Case) { c.Closed, c.Outcome, c.Informed = time.Time{}, "", time.Time{} }), "ACC-10/cases", rules.Pass},
		{"ACC-10", "not about an employee", accCase(func(c *rules.Case) { c.Staff, c.Informed = false, time.Time{} }), "ACC-10/cases", rules.Pass},
		{"ACC-10", "no register", accThen(accByChief, func(f *rules.Facts) { f.Cases = devices.Value[[]rules.Case]{} }), "ACC-10/cases", rules.Unproven},

		{"LIVE-1", "by who may", accWith(accLiveHere, accLive("post"), nil), "LIVE-1/sessions/de-polder", rules.Pass},
		{"LIVE-1", "by another", accWith(accLiveHere, accLive("manager"), nil), "LIVE-1/session/de-polder/entree/s1", rules.Fail},
		{"LIVE-1", "without the reason that it needs", accThen(accWith(accLiveHere, accLive("post"), nil), func(f *rules.Facts) {
			f.Protocol.Permissions[3].Require = []string{policy.NeedReason}
		}), "LIVE-1/session/de-polder/entree/s1", rules.Fail},
		{"LIVE-1", "past the relay", accFlows(accLiveHere, accStray("post")), "LIVE-1/flow/de-polder/entree", rules.Fail},
		{"LIVE-1", "past the relay by another", accFlows(accLiveHere, accStray("ict")), "LIVE-1/flow/de-polder/entree", rules.Fail},
		{"LIVE-1", "past the relay, by whom is not known", accFlows(accLiveHere, accStray("")), "LIVE-1/flow/de-polder/entree", rules.Unproven},
		{"LIVE-1", "through the relay", accFlows(accLiveHere, rules.Flow{Camera: "entree", At: now, Kind: "live", Relay: true}), "LIVE-1/flows/de-polder", rules.Pass},
		{"LIVE-1", "an upload is no live view", accFlows(accLiveHere, rules.Flow{Camera: "entree", At: now, Kind: "internet"}), "LIVE-1/flows/de-polder", rules.Pass},
		{"LIVE-1", "no log", unknown(accLiveHere), "LIVE-1/sessions/de-polder", rules.Unproven},
		{"LIVE-1", "no flows", unknown(accLiveHere), "LIVE-1/flows/de-polder", rules.Unproven},
		{"LIVE-1", "at a site that denies what others allow", accThen(accWith(accLiveHere, accLive("post"), nil), func(f *rules.Facts) {
			f.Protocol.LiveView = policy.Denied
			f.Protocol.Sites[0].LiveView = ""
			f.Protocol.Sites = append(f.Protocol.Sites, policy.Site{ID: "other", LiveView: policy.Allowed})
		}), "LIVE-1/session/de-polder/entree/s1", rules.Fail},
		{"LIVE-1", "a site against its protocol", accThen(accWith(accLiveHere, accLive("post"), nil), func(f *rules.Facts) {
			f.Protocol.LiveView = policy.Allowed
			f.Protocol.Sites[0].LiveView = policy.Denied
			f.Protocol.Sites = append(f.Protocol.Sites, policy.Site{ID: "other"})
		}), "LIVE-1/session/de-polder/entree/s1", rules.Fail},
		{"LIVE-1", "allowed nowhere", none(accByIncident), "LIVE-1/de-polder", rules.NotApplicable},

		{"LIVE-2", "nobody watched", none(accByApproval), "LIVE-2/sessions/de-polder", rules.Pass},
		{"LIVE-2", "watched", accWith(accByApproval, accLive("inspector"), nil), "LIVE-2/session/de-polder/entree/s1", rules.Fail},
		{"LIVE-2", "watched by who might elsewhere", accWith(accByIncident, accLive("post"), nil), "LIVE-2/session/de-polder/entree/s1", rules.Fail},
		{"LIVE-2", "played back", accWith(accByApproval, accAsks(), nil), "LIVE-2/sessions/de-polder", rules.Pass},
		{"LIVE-2", "streamed through the relay", accFlows(accByApproval, rules.Flow{Camera: "entree", At: now, Kind: "live", Relay: true}), "LIVE-2/flow/de-polder/entree", rules.Fail},
		{"LIVE-2", "the recorder pulls", accFlows(accByApproval, rules.Flow{Camera: "entree", At: now, Kind: "live", Known: true}), "LIVE-2/flows/de-polder", rules.Pass},
		{"LIVE-2", "no log", unknown(accByApproval), "LIVE-2/sessions/de-polder", rules.Unproven},
		{"LIVE-2", "allowed somewhere", none(accLiveHere), "LIVE-2/de-polder", rules.NotApplicable},
	}
}

// accReviewed has the holders reviewed a time after they were due half a year ago.
func accReviewed(d time.Duration) func(*rules.Facts) {
	return func(f *rules.Facts) {
		accByApproval(f)
		for i := range f.Protocol.Roles {
			f.Protocol.Roles[i].ReviewEvery = policy.Duration{Months: 6}
		}
		// 18 September 13:00 in summer time; half a year on, the clock on the wall says 13:00 again.
		f.Holders = devices.Of([]rules.Holder{{Role: "inspector", Reviewed: time.Date(2025, time.September, 18, 11, 0, 0, 0, time.UTC).Add(d)}})
	}
}

// accDuring has a stream pulled at a time after a session began.
func accDuring(x rules.Session, d time.Duration) func(*rules.Facts) {
	return func(f *rules.Facts) {
		accByIncident(f)
		x.Camera = "entree"
		f.Sessions = devices.Of([]rules.Session{x})
		f.Flows = devices.Of([]rules.Flow{{Camera: "entree", At: x.Start.Add(d), Kind: "live", Relay: true}})
	}
}

func accCase(change func(c *rules.Case)) func(*rules.Facts) {
	return func(f *rules.Facts) {
		accByChief(f)
		c := rules.Case{ID: "i1", Closed: now.Add(-time.Hour), Staff: true, Outcome: "not shown", Informed: now.Add(-time.Minute)}
		change(&c)
		f.Cases = devices.Of([]rules.Case{c})
	}
}

// The same sessions under the written protocols: what one allows another
// forbids (rule catalogue, conflicts 4 and 5).
func TestBothReadingsOfAccess(t *testing.T) {
	manager := accLooks("location-manager")
	asked := accAsks()
	asked.Role, asked.ApproverRole, asked.Via = "preventieadviseur", "algemeen-directeur", "ict"
	fetched := asked
	fetched.Role, fetched.Verb = "ict", policy.VerbRetrieve
	chief := accLooks("korpschef")
	oversight := accLooks("intern-toezicht")
	for _, c := range []struct {
		name string
		file []byte
		x    rules.Session
		rule string
		want rules.Status
	}{
		{"Heusden, a manager after an incident", examples.Heusden, manager, "ACC-2", rules.Pass},
		{"Oostrozebeke, a manager after an incident", examples.Oostrozebeke, manager, "ACC-2", rules.Fail},
		{"Oostrozebeke, on an approved request", examples.Oostrozebeke, asked, "ACC-4", rules.Pass},
		{"Oostrozebeke, ICT retrieves on an approved request", examples.Oostrozebeke, fetched, "ACC-1", rules.Pass},
		{"Heusden, ICT retrieves on an approved request", examples.Heusden, func() rules.Session { x := fetched; x.Role = "sysadmin"; return x }(), "ACC-1", rules.Fail},
		{"Heusden, no approval is asked", examples.Heusden, manager, "ACC-4", rules.NotApplicable},
		{"Oostrozebeke, no incident is asked", examples.Oostrozebeke, asked, "ACC-3", rules.NotApplicable},
		{"police zone, the chief", examples.PoliceZone, chief, "ACC-2", rules.Pass},
		{"police zone, internal oversight", examples.PoliceZone, oversight, "ACC-2", rules.Fail},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := world(t, c.rule)
			accExample(&f, c.file)
			if f.Site != "" {
				f.Site = f.Protocol.Sites[0].ID
			}
			ground := "crime"
			for _, q := range f.Protocol.Processing {
				if len(q.Consultation) > 0 {
					ground = q.Consultation[0].ID
				}
			}
			c.x.Site, c.x.Ground = f.Protocol.Sites[0].ID, ground
			f.Sessions, f.Flows = devices.Of([]rules.Session{c.x}), devices.Of([]rules.Flow{})
			f.Cases = devices.Of([]rules.Case{{ID: "i1", Incident: now.Add(-3 * time.Hour)}})
			var list []rules.Finding
			for _, x := range rules.EvaluateOnly(f, c.rule) {
				if x.Rule == c.rule && (strings.HasPrefix(x.ID, c.rule+"/session") || x.Status == rules.NotApplicable) {
					list = append(list, x)
				}
			}
			if w, ok := rules.Worst(list); !ok || w.Status != c.want {
				t.Errorf("%s is %q, want %s: %s", c.rule, w.Status, c.want, w.Text.EN)
			}
		})
	}
}

// No finding of any rule names the account of a session or the holder of a
// role; those of this part of the catalogue do not name the address that pulled
// a stream either, since it can be a person's workplace.
func TestFindingsNameNobody(t *testing.T) {
	for _, base := range []func(*rules.Facts){accByIncident, accByApproval, accByChief, accLiveHere} {
		for _, scope := range []string{site, ""} {
			f := good(t)
			base(&f)
			f.Site = scope
			var sessions []rules.Session
			var flows []rules.Flow
			for _, role := range []string{"sysadmin", "manager", "inspector", "chief", "nobody", ""} {
				for _, verb := range policy.Verbs() {
					x := accLooks(role)
					x.Who, x.Verb, x.Logged, x.Case, x.ID = "SECRET.account", verb, false, "", ""
					sessions = append(sessions, x)
				}
				flow := accStray(role)
				flow.From = "SECRET.host"
				flows = append(flows, flow)
			}
			f.Sessions, f.Flows = devices.Of(sessions), devices.Of(flows)
			f.Holders = devices.Of([]rules.Holder{{Role: "inspector", Name: "SECRET.person"}})
			list := rules.Evaluate(f)
			if !slices.ContainsFunc(list, func(x rules.Finding) bool { return x.Status == rules.Fail && x.Target.Subject != "" }) {
				t.Fatal("no session fails, so nothing is tested")
			}
			for _, got := range list {
				printed := accPrint(t, got)
				if !slices.ContainsFunc(accessCases(), func(c ruleCase) bool { return c.rule == got.Rule }) {
					printed = strings.ReplaceAll(printed, "SECRET.host", "")
				}
				if strings.Contains(printed, "SECRET") {
					t.Errorf("%s names somebody: %+v", got.ID, got)
				}
			}
		}
	}
}

// accPrint is a finding as it leaves the program.
func accPrint(t *testing.T, f rules.Finding) string {
	t.Helper()
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
