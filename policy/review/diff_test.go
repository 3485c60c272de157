package review

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
)

func days(n int) policy.Duration   { return policy.Duration{Days: n} }
func months(n int) policy.Duration { return policy.Duration{Months: n} }

func square(x0, y0, x1, y1 float64) []devices.Point {
	return []devices.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}}
}

// small is a protocol with one thing of each kind.
func small() *policy.Protocol {
	return &policy.Protocol{
		Metadata: policy.Metadata{Consultations: []policy.Consultation{{Body: "dpo", Outcome: "against"}}},
		Breach:   policy.Breach{Text: "A grave breach"},
		Devices:  []policy.Device{{ID: "box"}},
		Buttons:  []policy.Button{{ID: "counter"}},
		Processing: []policy.Processing{
			{
				ID: "video", Name: policy.Text{EN: "Video"}, Processors: []string{"installer"},
				Purposes:       []policy.Purpose{{ID: "safety", Text: "Safety of staff"}},
				ProhibitedUses: []policy.Purpose{{ID: "follow", Text: "Following staff"}},
				Recipients:     []policy.Recipient{{ID: "police", OnRequestOf: []string{"boss"}}},
				Retention:      policy.Retention{Max: days(28), Grace: days(1)},
				Recording:      policy.Recording{Mode: policy.RecordMotion},
				Notify:         policy.Notify{When: policy.NotifyImmediate},
				DPIA:           policy.DPIA{Required: true, Date: policy.Date{Year: 2026, Month: 1, Day: 1}},
			},
			{ID: "lensdop", Checker: true},
		},
		Holds:       []policy.Hold{{ID: "case", Requires: []string{"reason"}}},
		Roles:       []policy.Role{{ID: "boss", Scope: policy.ScopeOwnSite}},
		Permissions: []policy.Permission{{Role: "boss", Allow: []string{policy.VerbPlayback}, Require: []string{policy.NeedReason}, Deny: []string{policy.VerbLive}, Sites: []string{"hall"}}},
		AccessFlow:  []policy.AccessStep{{Step: "request"}, {Step: "approve", FourEyes: true}},
		LiveView:    policy.Denied,
		Logging:     policy.Logging{AccessLog: policy.AccessLog{Every: true, Retention: months(18)}},
		Sites:       []policy.Site{{ID: "hall", Zones: []policy.Zone{{ID: "desk"}, {ID: "toilets", Allowed: new(false)}}}},
		Cameras: []policy.Camera{{
			ID: "front", Site: "hall", Zone: "desk", Sees: []string{"desk"}, Sound: policy.SoundForbidden, Type: policy.CameraFixed, MaxDetail: 125,
			Masks:    []policy.Mask{{ID: "street", Polygon: square(0.2, 0.2, 0.6, 0.6)}},
			Ignore:   []policy.Area{{ID: "clock", Polygon: square(0, 0.9, 0.4, 1)}},
			View:     policy.ViewLimits{MaxShift: 0.1},
			Services: []string{policy.ServiceONVIF}, Methods: []devices.Method{devices.MethodTape, devices.MethodDeviceMask},
			Required: []string{policy.PartPicture, policy.PartSound},
		}},
		Readers: []policy.Reader{{ID: "door", Keeps: []string{"number"}}},
		Stores:  []policy.Store{{ID: "nvr", Encrypted: new(true)}},
		Signs:   []policy.Sign{{ID: "entrance", Size: []float64{0.6, 0.4}, States: []string{"controller", "rights"}}},
		Notices: []policy.Notice{{ID: "staff", Every: months(12)}},
		WorksCouncil: policy.WorksCouncil{
			AnnulWithin: months(1), Consents: []policy.Consent{{ID: "first", Given: new(true)}},
		},
		Rights: policy.Rights{Access: policy.Right{Deadline: months(1)}, Redact: true},
		Blackout: policy.Blackout{
			Obligation: policy.ObligationMust,
			Templates: []policy.Template{{
				ID: "election", Zones: []string{"desk"}, CoveredFrom: "06:30", EarliestRelease: "21:00", Days: 1, Signatures: 2, ReleaseBy: []string{"boss"},
			}},
			Windows: []policy.Recurring{{ID: "night", Rule: "FREQ=DAILY", From: "22:00", Until: "06:00"}},
			Proof:   policy.Proof{MaxGap: policy.Duration{Time: 60e9}},
		},
		Attestations: []policy.Attestation{{Rule: "PUR-2", Every: months(12)}},
		Waivers:      []policy.Waiver{{ID: "w1", Rule: "LOC-3", ApprovedBy: []string{"boss", "dpo"}, Expires: policy.Date{Year: 2026, Month: 2, Day: 1}, Target: policy.WaiverTarget{Camera: "front"}}},
		Alerts:       policy.Alerts{Critical: []string{"boss"}, Addresses: map[string][]string{"boss": {"a@x.example", "b@x.example"}}},
	}
}

func TestDiffSays(t *testing.T) {
	type p = policy.Protocol
	for _, c := range []struct {
		name      string
		change    func(*p)
		path      string
		direction Direction
		approval  bool
		text      string
	}{
		{"longer retention", func(p *p) { p.Processing[0].Retention.Max = months(3) }, "processing[video].retention.max", Looser, true, "Processing ‘video’: Retention: At most: was 28 days, is now 3 months (longer)"},
		{"shorter retention", func(p *p) { p.Processing[0].Retention.Max = days(7) }, "processing[video].retention.max", Stricter, false, "Processing ‘video’: Retention: At most: was 28 days, is now 7 days (shorter)"},
		{"a month for 28 days", func(p *p) { p.Processing[0].Retention.Max = months(1) }, "processing[video].retention.max", Looser, true, "Processing ‘video’: Retention: At most: was 28 days, is now 1 month (longer)"},
		{"no retention any more", func(p *p) { p.Processing[0].Retention.Max = policy.Duration{} }, "processing[video].retention.max", Looser, true, "Processing ‘video’: Retention: At most: was 28 days, is no longer there"},
		{"no time to delete", func(p *p) { p.Processing[0].Retention.Grace = policy.Duration{} }, "processing[video].retention.grace", Stricter, false, "Processing ‘video’: Retention: Time to delete: was 1 day, is no longer there"},
		{"a new purpose", func(p *p) {
			p.Processing[0].Purposes = append(p.Processing[0].Purposes, policy.Purpose{ID: "order", Text: "Public order"})
		}, "processing[video].purposes[order]", Looser, true, "Processing ‘video’: added: purpose ‘order’ (Public order)"},
		{"a purpose dropped", func(p *p) { p.Processing[0].Purposes = nil }, "processing[video].purposes[safety]", Stricter, true, "Processing ‘video’: removed: purpose ‘safety’ (Safety of staff)"},
		{"a purpose reworded", func(p *p) { p.Processing[0].Purposes[0].Text = "Safety" }, "processing[video].purposes[safety].text", Different, true, "Processing ‘video’: purpose ‘safety’: Description: was Safety of staff, is now Safety"},
		{"a prohibition dropped", func(p *p) { p.Processing[0].ProhibitedUses = nil }, "processing[video].prohibited_uses[follow]", Looser, true, "Processing ‘video’: removed: prohibited use ‘follow’ (Following staff)"},
		{"a recipient added", func(p *p) {
			p.Processing[0].Recipients = append(p.Processing[0].Recipients, policy.Recipient{ID: "insurer"})
		}, "processing[video].recipients[insurer]", Looser, true, "Processing ‘video’: added: recipient ‘insurer’"},
		{"anybody may ask", func(p *p) { p.Processing[0].Recipients[0].OnRequestOf = nil }, "processing[video].recipients[police].on_request_of[boss]", Looser, true, "Processing ‘video’: recipient ‘police’: At the request of: removed: boss"},
		{"a processor added", func(p *p) { p.Processing[0].Processors = []string{"installer", "cloud"} }, "processing[video].processors[cloud]", Looser, true, "Processing ‘video’: Processors: added: cloud"},
		{"data of sound", func(p *p) { p.Processing[0].DataCategories.Audio = true }, "processing[video].data_categories.audio", Looser, true, "Processing ‘video’: Categories of data: Sound: was no, is now yes"},
		{"continuous recording", func(p *p) { p.Processing[0].Recording.Mode = policy.RecordContinuous }, "processing[video].recording.mode", Looser, true, "Processing ‘video’: Recording: When: was on motion, is now continuous"},
		{"recording by button", func(p *p) { p.Processing[0].Recording.Mode = policy.RecordButton }, "processing[video].recording.mode", Stricter, true, "Processing ‘video’: Recording: When: was on motion, is now at the press of a button"},
		{"hidden use possible", func(p *p) { p.Processing[0].Covert.Use = policy.CovertConditional }, "processing[video].covert.use", Looser, true, "Processing ‘video’: Hidden use: Permitted: was not there, is now under conditions only"},
		{"people hear later", func(p *p) { p.Processing[0].Notify.When = policy.NotifyDeferred }, "processing[video].notify.when", Looser, true, "Processing ‘video’: Notice after consultation: When: was at once, is now deferred"},
		{"no DPIA needed", func(p *p) { p.Processing[0].DPIA.Required = false }, "processing[video].dpia.required", Looser, true, "Processing ‘video’: DPIA: Required: was yes, is now no"},
		{"a newer DPIA", func(p *p) { p.Processing[0].DPIA.Date.Day = 9 }, "processing[video].dpia.date", Stricter, false, "Processing ‘video’: DPIA: Done on: was 1 January 2026, is now 9 January 2026 (later)"},
		{"the checker dropped", func(p *p) { p.Processing = p.Processing[:1] }, "processing[lensdop]", Looser, true, "Removed: processing ‘lensdop’"},
		{"a processing added", func(p *p) { p.Processing = append(p.Processing, policy.Processing{ID: "calls"}) }, "processing[calls]", Looser, true, "Added: processing ‘calls’"},
		{"another name", func(p *p) { p.Processing[0].Name.EN = "Cameras" }, "processing[video].name.en", Different, true, "Processing ‘video’: Name: English: was Video, is now Cameras"},
		{"a hold added", func(p *p) { p.Holds = append(p.Holds, policy.Hold{ID: "complaint"}) }, "holds[complaint]", Looser, true, "Added: incident hold ‘complaint’"},
		{"a hold needs less", func(p *p) { p.Holds[0].Requires = nil }, "holds[case].requires[reason]", Looser, true, "Incident hold ‘case’: Needed: removed: reason"},
		{"a role reaches further", func(p *p) { p.Roles[0].Scope = policy.ScopeAll }, "roles[boss].scope", Looser, true, "Role ‘boss’: Scope: was own site, is now all sites"},
		{"a role may do more", func(p *p) { p.Permissions[0].Allow = []string{policy.VerbPlayback, policy.VerbExport} }, "permissions[boss].allow[export]", Looser, true, "Permission ‘boss’: May: added: export"},
		{"a prohibition for a role dropped", func(p *p) { p.Permissions[0].Deny = nil }, "permissions[boss].deny[live]", Looser, true, "Permission ‘boss’: May not: removed: watch live"},
		{"a requirement dropped", func(p *p) { p.Permissions[0].Require = nil }, "permissions[boss].require[reason]", Looser, true, "Permission ‘boss’: Needed: removed: a reason"},
		{"at every site", func(p *p) { p.Permissions[0].Sites = nil }, "permissions[boss].sites[hall]", Looser, true, "Permission ‘boss’: Only at: removed: hall"},
		{"a permission that only denies", func(p *p) {
			p.Permissions = append(p.Permissions, policy.Permission{Role: "ict", Deny: []string{policy.VerbLive}})
		}, "permissions[ict]", Stricter, true, "Added: permission ‘ict’"},
		{"steps in another order", func(p *p) { slices.Reverse(p.AccessFlow) }, "access_flow", Different, true, "Steps of consultation: another order: approve, request"},
		{"one person instead of two", func(p *p) { p.AccessFlow[1].FourEyes = false }, "access_flow[approve].four_eyes", Looser, true, "Step of consultation ‘approve’: Two people: was yes, is now no"},
		{"live view", func(p *p) { p.LiveView = policy.Allowed }, "live_view", Looser, true, "Live view: was denied, is now allowed"},
		{"not every look logged", func(p *p) { p.Logging.AccessLog.Every = false }, "logging.access_log.every_consultation", Looser, true, "Logging: Access log: Every consultation: was yes, is now no"},
		{"a shorter log", func(p *p) { p.Logging.AccessLog.Retention = months(6) }, "logging.access_log.retention", Looser, true, "Logging: Access log: Kept for: was 18 months, is now 6 months (shorter)"},
		{"a forbidden zone opened", func(p *p) { p.Sites[0].Zones[1].Allowed = nil }, "sites[hall].zones[toilets].allowed", Looser, true, "Site ‘hall’: zone ‘toilets’: May be seen: was no, is no longer there"},
		{"a new camera", func(p *p) { p.Cameras = append(p.Cameras, policy.Camera{ID: "back"}) }, "cameras[back]", Looser, true, "Added: camera ‘back’"},
		{"a camera sees more", func(p *p) { p.Cameras[0].Sees = []string{"desk", "toilets"} }, "cameras[front].sees[toilets]", Looser, true, "Camera ‘front’: Sees: added: toilets"},
		{"a camera moved", func(p *p) { p.Cameras[0].Zone = "toilets" }, "cameras[front].zone", Different, true, "Camera ‘front’: Zone: was desk, is now toilets"},
		{"sound allowed", func(p *p) { p.Cameras[0].Sound = policy.SoundAllowed }, "cameras[front].sound", Looser, true, "Camera ‘front’: Sound: was forbidden, is now allowed"},
		{"a camera that turns", func(p *p) { p.Cameras[0].Type = policy.CameraPTZ }, "cameras[front].type", Looser, true, "Camera ‘front’: Type of camera: was fixed camera, is now camera that turns"},
		{"no ceiling of detail", func(p *p) { p.Cameras[0].MaxDetail = 0 }, "cameras[front].max_detail", Looser, true, "Camera ‘front’: Highest detail: was 125, is no longer there"},
		{"a mask removed", func(p *p) { p.Cameras[0].Masks = nil }, "cameras[front].masks[street]", Looser, true, "Camera ‘front’: removed: privacy mask ‘street’"},
		{"a mask shrunk", func(p *p) { p.Cameras[0].Masks[0].Polygon = square(0.2, 0.2, 0.5, 0.6) }, "cameras[front].masks[street].polygon", Looser, true, "(shrunk)"},
		{"a mask grown", func(p *p) { p.Cameras[0].Masks[0].Polygon = square(0.1, 0.2, 0.6, 0.6) }, "cameras[front].masks[street].polygon", Stricter, true, "(grown)"},
		{"a mask moved", func(p *p) { p.Cameras[0].Masks[0].Polygon = square(0.3, 0.2, 0.9, 0.9) }, "cameras[front].masks[street].polygon", Different, true, "(moved: a part is uncovered)"},
		{"a mask drawn otherwise", func(p *p) {
			q := square(0.2, 0.2, 0.6, 0.6)
			p.Cameras[0].Masks[0].Polygon = append(q[2:], q[:2]...)
		}, "cameras[front].masks[street].polygon", Different, true, "(the same area)"},
		{"a liftable mask", func(p *p) { p.Cameras[0].Masks[0].Liftable = true }, "cameras[front].masks[street].liftable", Looser, true, "Camera ‘front’: privacy mask ‘street’: Liftable: was no, is now yes"},
		{"less of the picture checked", func(p *p) { p.Cameras[0].Ignore[0].Polygon = square(0, 0.5, 0.4, 1) }, "cameras[front].ignore[clock].polygon", Looser, true, "(grown)"},
		{"a looser view", func(p *p) { p.Cameras[0].View.MaxShift = 0.3 }, "cameras[front].view.max_shift", Looser, true, "Camera ‘front’: Field of view: Largest shift: was 0.1, is now 0.3"},
		{"a service more", func(p *p) { p.Cameras[0].Services = []string{"onvif", "cloud"} }, "cameras[front].services[cloud]", Looser, true, "Camera ‘front’: Services: added: upload to the vendor (cloud)"},
		{"services not said", func(p *p) { p.Cameras[0].Services = nil }, "cameras[front].services", Looser, true, "Camera ‘front’: Services: the protocol no longer says which"},
		{"no service at all", func(p *p) { p.Cameras[0].Services = []string{} }, "cameras[front].services[onvif]", Stricter, false, "Camera ‘front’: Services: removed: ONVIF"},
		{"another first method", func(p *p) { slices.Reverse(p.Cameras[0].Methods) }, "cameras[front].methods", Different, true, "Camera ‘front’: Ways to cover: another order: device-mask, tape"},
		{"sound need not be closed", func(p *p) { p.Cameras[0].Required = []string{policy.PartPicture} }, "cameras[front].required[sound]", Looser, true, "Camera ‘front’: Must be shown closed: removed: sound"},
		{"a hidden camera", func(p *p) { p.Cameras[0].Hidden.Reason = "theft" }, "cameras[front].hidden.reason", Looser, true, "Camera ‘front’: Hidden: Reason: was not there, is now theft"},
		{"a reader keeps more", func(p *p) { p.Readers[0].Keeps = []string{"number", "time"} }, "readers[door].keeps[time]", Looser, true, "Badge reader ‘door’: Keeps: added: time"},
		{"a store unencrypted", func(p *p) { p.Stores[0].Encrypted = new(false) }, "stores[nvr].encrypted", Looser, true, "Store ‘nvr’: Encrypted: was yes, is now no"},
		{"a sign gone", func(p *p) { p.Signs = nil }, "signs[entrance]", Looser, true, "Removed: sign ‘entrance’"},
		{"a smaller sign", func(p *p) { p.Signs[0].Size = []float64{0.3, 0.4} }, "signs[entrance].size", Looser, true, "Sign ‘entrance’: Size: was 0.6, 0.4, is now 0.3, 0.4"},
		{"a sign says less", func(p *p) { p.Signs[0].States = []string{"controller"} }, "signs[entrance].states[rights]", Looser, true, "Sign ‘entrance’: States: removed: rights"},
		{"told less often", func(p *p) { p.Notices[0].Every = months(24) }, "notices[staff].every", Looser, true, "Notice ‘staff’: Again every: was 12 months, is now 24 months (longer)"},
		{"consent withheld", func(p *p) { p.WorksCouncil.Consents[0].Given = new(false) }, "works_council.consents[first].given", Looser, true, "Works council: consent or advice ‘first’: Given: was yes, is now no"},
		{"a longer answer", func(p *p) { p.Rights.Access.Deadline = months(2) }, "rights.access.deadline", Looser, true, "Rights of data subjects: Access: Answer within: was 1 month, is now 2 months (longer)"},
		{"others recognisable", func(p *p) { p.Rights.Redact = false }, "rights.redact_others", Looser, true, "Rights of data subjects: Others unrecognisable: was yes, is now no"},
		{"may instead of must", func(p *p) { p.Blackout.Obligation = policy.ObligationMay }, "blackout.obligation", Looser, true, "Covering: Obligation: was must, is now may"},
		{"covered later", func(p *p) { p.Blackout.Templates[0].CoveredFrom = "07:00" }, "blackout.templates[election].covered_from", Looser, true, "Covering: template ‘election’: Covered from: was 06:30, is now 07:00 (later)"},
		{"released earlier", func(p *p) { p.Blackout.Templates[0].EarliestRelease = "20:00" }, "blackout.templates[election].earliest_release", Looser, true, "Covering: template ‘election’: Release not before: was 21:00, is now 20:00 (earlier)"},
		{"one signature less", func(p *p) { p.Blackout.Templates[0].Signatures = 1 }, "blackout.templates[election].signatures", Looser, true, "Covering: template ‘election’: Signatures: was 2, is now 1"},
		{"more may release", func(p *p) { p.Blackout.Templates[0].ReleaseBy = []string{"boss", "ict"} }, "blackout.templates[election].release_by[ict]", Looser, true, "Covering: template ‘election’: Released by: added: ict"},
		{"a template disabled", func(p *p) { p.Blackout.Templates[0].Enabled = new(false) }, "blackout.templates[election].enabled", Looser, true, "Covering: template ‘election’: In use: was not there, is now no"},
		{"a zone not covered", func(p *p) { p.Blackout.Templates[0].Zones = nil }, "blackout.templates[election].zones[desk]", Looser, true, "Covering: template ‘election’: Zones: removed: desk"},
		{"a window that ends the same day", func(p *p) { p.Blackout.Windows[0].Until = "23:00" }, "blackout.windows[night].until", Looser, true, "Covering: fixed window ‘night’: Until: was 06:00, is now 23:00 (earlier)"},
		{"a window that ends later", func(p *p) { p.Blackout.Windows[0].Until = "07:00" }, "blackout.windows[night].until", Stricter, true, "Covering: fixed window ‘night’: Until: was 06:00, is now 07:00 (later)"},
		{"a window of another day", func(p *p) { p.Blackout.Windows[0].From = "05:00" }, "blackout.windows[night].from", Different, true, "Covering: fixed window ‘night’: From: was 22:00, is now 05:00"},
		{"a larger gap", func(p *p) { p.Blackout.Proof.MaxGap.Time *= 2 }, "blackout.proof.max_gap", Looser, true, "Covering: Proof: Largest gap: was 1 minute, is now 2 minutes (longer)"},
		{"a rule excepted", func(p *p) {
			p.Rules.Except = []policy.RuleException{{Rule: "LOC-3", Because: "old camera"}}
		}, "rules.except[LOC-3]", Looser, true, "Choice of rules: added: excepted rule ‘LOC-3’ (old camera)"},
		{"an attestation dropped", func(p *p) { p.Attestations = nil }, "attestations[PUR-2]", Looser, true, "Removed: attestation ‘PUR-2’"},
		{"attested less often", func(p *p) { p.Attestations[0].Every = months(24) }, "attestations[PUR-2].every", Looser, true, "Attestation ‘PUR-2’: Again every: was 12 months, is now 24 months (longer)"},
		{"attested once for all", func(p *p) { p.Attestations[0].Once = true }, "attestations[PUR-2].once", Looser, true, "Attestation ‘PUR-2’: Once: was no, is now yes"},
		{"a waiver added", func(p *p) { p.Waivers = append(p.Waivers, policy.Waiver{ID: "w2", Justification: "winter"}) }, "waivers[w2]", Looser, true, "Added: waiver ‘w2’ (winter)"},
		{"a waiver widened", func(p *p) { p.Waivers[0].Target.Camera = "" }, "waivers[w1].target.camera", Looser, true, "Waiver ‘w1’: Only for: Camera: was front, is no longer there"},
		{"fewer addresses alerted", func(p *p) { p.Alerts.Addresses["boss"] = []string{"a@x.example"} }, "alerts.addresses[boss][b@x.example]", Looser, true, "Alerts: Addresses: boss: removed: b@x.example"},
		{"a role not alerted", func(p *p) { p.Alerts.Critical = nil }, "alerts.critical[boss]", Looser, true, "Alerts: Critical: removed: boss"},
		{"less must be shown closed, of all cameras", func(p *p) { p.CameraDefaults.Required = []string{policy.PartPicture} }, "camera_defaults.required", Different, true, "For all cameras: Must be shown closed: the protocol now says which: picture"},
		{"a site gone", func(p *p) { p.Sites = nil }, "sites[hall]", Stricter, true, "Removed: site ‘hall’"},
		{"a reader gone", func(p *p) { p.Readers = nil }, "readers[door]", Stricter, true, "Removed: badge reader ‘door’"},
		{"a store gone", func(p *p) { p.Stores = nil }, "stores[nvr]", Stricter, true, "Removed: store ‘nvr’"},
		{"a device gone", func(p *p) { p.Devices = nil }, "devices[box]", Stricter, true, "Removed: device ‘box’"},
		{"a button gone", func(p *p) { p.Buttons = nil }, "buttons[counter]", Stricter, true, "Removed: record button ‘counter’"},
		{"a site renamed", func(p *p) { p.Sites[0].Name = "Hall" }, "sites[hall].name", Different, true, "Site ‘hall’: Name: was not there, is now Hall"},
		{"a zone renamed", func(p *p) { p.Sites[0].Zones[0].Name.EN = "Toilets" }, "sites[hall].zones[desk].name.en", Different, true, "Site ‘hall’: zone ‘desk’: Name: English: was not there, is now Toilets"},
		{"the type of a camera not said", func(p *p) { p.Cameras[0].Type = "" }, "cameras[front].type", Looser, true, "Camera ‘front’: Type of camera: was fixed camera, is no longer there"},
		{"nobody told at all", func(p *p) { p.Processing[0].Notify.When = policy.NotifyNone }, "processing[video].notify.when", Looser, true, "Processing ‘video’: Notice after consultation: When: was at once, is now not at all"},
		{"not telling, where nothing was said", func(p *p) { p.Processing[1].Notify.When = policy.NotifyNone }, "processing[lensdop].notify.when", Different, false, "Processing ‘lensdop’: Notice after consultation: When: was not there, is now not at all"},
		{"another who declares", func(p *p) { p.Attestations[0].Owner = "ict" }, "attestations[PUR-2].owner", Stricter, true, "Attestation ‘PUR-2’: Owner: was not there, is now ict"},
		{"abuse made light of", func(p *p) { p.Breach.Text = "A mistake" }, "breach.text", Different, true, "Unlawful use: Consequences: was A grave breach, is now A mistake"},
		{"advice reworded", func(p *p) { p.Metadata.Consultations[0].Outcome = "for" }, "metadata.consultations[dpo].outcome", Different, true, "About this protocol: consultation ‘dpo’: Outcome: was against, is now for"},
		{"advice dropped", func(p *p) { p.Metadata.Consultations = nil }, "metadata.consultations[dpo]", Looser, true, "About this protocol: removed: consultation ‘dpo’"},
		{"a version", func(p *p) { p.Metadata.Version = "2" }, "metadata.version", Different, false, "About this protocol: Version: was not there, is now 2"},
		{"an article where there was none", func(p *p) { p.Cameras[0].Ref = "Art. 2" }, "cameras[front].ref", Different, true, "Camera ‘front’: Article: was not there, is now Art. 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			after := small()
			c.change(after)
			changes := Diff(small(), after)
			if len(changes) != 1 {
				t.Fatalf("%d changes: %+v", len(changes), changes)
			}
			got := changes[0]
			if got.Path != c.path || got.Direction != c.direction || got.NeedsApproval != c.approval {
				t.Errorf("got %s %s, approval %v; want %s %s, %v", got.Path, got.Direction, got.NeedsApproval, c.path, c.direction, c.approval)
			}
			if got.Text.EN != c.text && (c.text[0] != '(' || !strings.HasSuffix(got.Text.EN, c.text)) {
				t.Errorf("said %q\nwant %q", got.Text.EN, c.text)
			}
			checkMirror(t, newDiffer(), small(), after)
		})
	}
}

// TestDiffSaysLostMasks: whatever takes a mask away, it is looser and named.
func TestDiffSaysLostMasks(t *testing.T) {
	street := policy.Mask{ID: "street", Polygon: []devices.Point{{X: 0, Y: 0}, {X: 1, Y: 0}, {X: 1, Y: 0.2}}}
	yard := policy.Mask{ID: "yard", Polygon: []devices.Point{{X: 0, Y: 0.5}, {X: 1, Y: 0.5}, {X: 1, Y: 1}}}
	dome := policy.Camera{
		ID: "dome", Identity: policy.Identity{Serial: "S1"}, Masks: []policy.Mask{street},
		Views: []policy.CameraView{{ID: "left", Preset: "1", Masks: []policy.Mask{yard}}},
	}
	with := func(change func(c *policy.Camera)) *policy.Protocol {
		c := dome
		c.Masks, c.Views = slices.Clone(dome.Masks), slices.Clone(dome.Views)
		change(&c)
		return &policy.Protocol{Cameras: []policy.Camera{c}}
	}
	before := with(func(*policy.Camera) {})
	for _, c := range []struct {
		name  string
		after *policy.Protocol
		lost  []string
		says  string
	}{
		{"the camera goes", &policy.Protocol{}, []string{"cameras[dome].masks[street]", "cameras[dome].views[left].masks[yard]"}, "Camera ‘dome’: preset ‘left’: removed: privacy mask ‘yard’"},
		{"it is renamed", with(func(c *policy.Camera) { c.ID = "dome-2" }), nil, ""},
		{"it is renamed, and a mask is not there", with(func(c *policy.Camera) { c.ID, c.Masks = "dome-2", nil }), []string{"cameras[dome].masks[street]"}, "Camera ‘dome’: removed: privacy mask ‘street’"},
		{"it is renamed, and a mask is smaller", with(func(c *policy.Camera) { c.ID, c.Masks[0].Polygon = "dome-2", c.Masks[0].Polygon[:2] }), []string{"cameras[dome].masks[street]"}, ""},
		{"it is renamed, and a mask may be lifted", with(func(c *policy.Camera) { c.ID, c.Masks[0].Liftable = "dome-2", true }), []string{"cameras[dome].masks[street]"}, ""},
		{"it is renamed, with another article", with(func(c *policy.Camera) { c.ID, c.Masks[0].Ref = "dome-2", "Art. 9" }), nil, ""},
		{"another lens takes its place", with(func(c *policy.Camera) { c.ID, c.Identity.Serial = "dome-2", "S2" }), []string{"cameras[dome].masks[street]", "cameras[dome].views[left].masks[yard]"}, ""},
		{"its view goes", with(func(c *policy.Camera) { c.Views = nil }), []string{"cameras[dome].views[left].masks[yard]"}, ""},
		{"its view is renamed", with(func(c *policy.Camera) { c.Views[0].ID = "far-left" }), nil, ""},
		{"its view is renamed, without its mask", with(func(c *policy.Camera) { c.Views[0].ID, c.Views[0].Masks = "far-left", nil }), []string{"cameras[dome].views[left].masks[yard]"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var lost []string
			said := c.says == ""
			for _, x := range Diff(before, c.after) {
				if strings.Contains(x.Path, ".masks[") && x.New == "" {
					lost = append(lost, x.Path)
					said = said || x.Text.EN == c.says
					if x.Direction != Looser || !x.NeedsApproval {
						t.Errorf("%+v", x)
					}
				}
			}
			if !slices.Equal(lost, c.lost) || !said {
				t.Errorf("lost %q, want %q and %q", lost, c.lost, c.says)
			}
			checkMirror(t, newDiffer(), before, c.after)
		})
	}
}

// Where a value comes from is told, and what loses its mark needs approval: it
// may have been confirmed, moved to another place, or just taken off.
func TestDiffSaysWhatIsNoLongerAssumed(t *testing.T) {
	before, after := small(), small()
	before.Cameras[0].Basis = policy.Basis{Fields: map[string]string{"sound": policy.BasisAssumed, "sees.desk": policy.BasisAssumed}}
	before.Processing[0].Basis.All = policy.BasisAssumed
	after.Processing[0].Basis.All = policy.BasisLaw
	after.Rights.Basis.All = policy.BasisAssumed
	want := []string{
		"processing[video].basis different true: Processing ‘video’: basis: was assumed, is now from the law",
		"cameras[front].basis.sees.desk different true: Camera ‘front’: Sees ‘desk’: was marked as assumed, no longer is",
		"cameras[front].basis.sound different true: Camera ‘front’: Sound: was marked as assumed, no longer is",
		"rights.basis different false: Rights of data subjects: basis: was not marked as assumed, is now assumed",
	}
	var got []string
	for _, c := range Diff(before, after) {
		got = append(got, fmt.Sprintf("%s %s %v: %s", c.Path, c.Direction, c.NeedsApproval, c.Text.EN))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A role may have two permissions: they are compared in the order of the file.
func TestDiffOfTheSameRoleTwice(t *testing.T) {
	twice := func(verb string) *policy.Protocol {
		p := small()
		p.Permissions = append(p.Permissions, policy.Permission{Role: "boss", Allow: []string{verb}, Sites: []string{"depot"}})
		return p
	}
	got := pathsOf(Diff(twice(policy.VerbSearch), twice(policy.VerbLive)))
	if want := []string{"permissions[boss#2].allow[live]", "permissions[boss#2].allow[search]"}; !slices.Equal(got, want) {
		t.Errorf("reported at %v, want %v", got, want)
	}
	got = pathsOf(Diff(small(), twice(policy.VerbLive)))
	if want := []string{"permissions[boss#2]"}; !slices.Equal(got, want) {
		t.Errorf("reported at %v, want %v", got, want)
	}
}

// A month is no number of days: which is longer depends on the month, and
// doubt means approval.
func TestDiffDoubtsMonths(t *testing.T) {
	before, after := small(), small()
	before.Processing[0].Retention.Max = days(30)
	after.Processing[0].Retention.Max = months(1)
	c := Diff(before, after)
	if len(c) != 1 || c[0].Direction != Different || !c[0].NeedsApproval || !strings.HasSuffix(c[0].Text.NL, "was 30 dagen, is nu 1 maand (hangt van de maand af)") {
		t.Errorf("30 days to a month: %+v", c)
	}
}

func TestDiffSaysInEveryLanguage(t *testing.T) {
	after := small()
	after.Cameras[0].Sound = policy.SoundAllowed
	got := Diff(small(), after)[0].Text
	want := policy.Text{
		NL: "Camera ‘front’: Geluid: was verboden, is nu toegestaan",
		FR: "Caméra « front »: Son: était: interdit; est désormais: autorisé",
		EN: "Camera ‘front’: Sound: was forbidden, is now allowed",
	}
	if got != want {
		t.Errorf("said %+v", got)
	}
}

func TestContains(t *testing.T) {
	l := []devices.Point{{X: 0, Y: 0}, {X: 1, Y: 0}, {X: 1, Y: 1}, {X: 0.6, Y: 1}, {X: 0.6, Y: 0.4}, {X: 0.4, Y: 0.4}, {X: 0.4, Y: 1}, {X: 0, Y: 1}}
	for _, c := range []struct {
		name         string
		outer, inner []devices.Point
		want         bool
	}{
		{"itself", l, l, true},
		{"turned round", square(0, 0, 1, 1), []devices.Point{{X: 0, Y: 1}, {X: 1, Y: 1}, {X: 1, Y: 0}, {X: 0, Y: 0}}, true},
		{"smaller", square(0, 0, 1, 1), square(0.1, 0.1, 0.2, 0.2), true},
		{"larger", square(0.1, 0.1, 0.2, 0.2), square(0, 0, 1, 1), false},
		{"sharing an edge", square(0, 0, 1, 1), square(0, 0, 0.5, 1), true},
		{"beside", square(0, 0, 0.4, 1), square(0.5, 0, 1, 1), false},
		{"across", square(0, 0.4, 1, 0.6), square(0.4, 0, 0.6, 1), false},
		{"all corners in, but over the notch", l, square(0, 0.5, 1, 0.9), false},
		{"corners on the arms, over the notch", l, []devices.Point{{X: 0.2, Y: 0.9}, {X: 0.8, Y: 0.9}, {X: 0.5, Y: 0.1}}, false},
		{"in one arm", l, square(0.1, 0.1, 0.3, 0.9), true},
		{"fills the notch", l, square(0.4, 0.4, 0.6, 1), false},
	} {
		if got := contains(c.outer, c.inner); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
