package rules

import (
	"cmp"
	"crypto/sha1" // what UUID version 5 is made of; nothing is secured by it
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lensdop/lensdop/policy"
)

// OSCALVersion is the version of NIST's Open Security Controls Assessment
// Language that WriteOSCAL writes.
const OSCALVersion = "1.1.3"

// OSCALNamespace is the namespace of the properties that Lensdop adds, and the
// name that its UUIDs are made from.
const OSCALNamespace = "https://github.com/lensdop/lensdop/ns/oscal"

// Meta is what assessment results say of themselves.
type Meta struct {
	Protocol ProtocolRef
	// Name of the protocol, as people know it; the id if empty.
	Name policy.Text
	// At is when the document is made.
	At   time.Time
	Lang string // "nl", "fr" or "en"
	// Tool that judged, with its version; "Lensdop" if empty.
	Tool string
}

// Errors of WriteOSCAL, beside ErrLanguage and the writer's.
var (
	ErrNoFindings = errors.New("without findings there are no assessment results")
	ErrNoTime     = errors.New("the time of the document is missing")
)

// WriteOSCAL writes findings as OSCAL assessment results in JSON. It is an
// export: nothing reads it back.
//
// Rules are the reviewed controls. Each piece of evidence is an observation with
// what was seen, when, until when it says anything, and how (TEST, EXAMINE,
// INTERVIEW). Each finding has a target that is satisfied only if it passes or
// is attested; status, severity, waiver and whether anything gathers its facts
// are properties in our namespace. OSCAL has no word for what does not apply:
// that is an observation without a finding. Texts are Markdown there, so signs
// that mean something in it are escaped.
//
// The UUIDs are version 5: the same finding of the same protocol has the same
// one in each export, and the same input gives the same bytes.
func WriteOSCAL(w io.Writer, list []Finding, meta Meta) error {
	if err := knownLanguage(meta.Lang); err != nil {
		return err
	}
	if len(list) == 0 {
		return ErrNoFindings
	}
	if meta.At.IsZero() {
		return ErrNoTime
	}
	x := oscalExport{meta: meta, items: map[string]oscalItem{}, places: map[string]oscalLocation{}}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(map[string]oscalResults{"assessment-results": x.results(list)})
}

type (
	oscalResults struct {
		UUID       string          `json:"uuid"`
		Metadata   oscalMetadata   `json:"metadata"`
		ImportAP   oscalLink       `json:"import-ap"`
		Results    []oscalResult   `json:"results"`
		BackMatter oscalBackMatter `json:"back-matter"`
	}
	oscalMetadata struct {
		Title     string          `json:"title"`
		Modified  string          `json:"last-modified"`
		Version   string          `json:"version"`
		OSCAL     string          `json:"oscal-version"`
		Props     []oscalProp     `json:"props,omitempty"`
		Locations []oscalLocation `json:"locations,omitempty"`
	}
	oscalLocation struct {
		UUID  string `json:"uuid"`
		Title string `json:"title"`
	}
	oscalLink struct {
		Href string `json:"href"`
	}
	oscalBackMatter struct {
		Resources []oscalResource `json:"resources"`
	}
	oscalResource struct {
		UUID        string      `json:"uuid"`
		Title       string      `json:"title"`
		Description string      `json:"description"`
		Props       []oscalProp `json:"props,omitempty"`
	}
	oscalProp struct {
		Name  string `json:"name"`
		NS    string `json:"ns,omitempty"`
		Value string `json:"value"`
	}
	oscalResult struct {
		UUID         string             `json:"uuid"`
		Title        string             `json:"title"`
		Description  string             `json:"description"`
		Start        string             `json:"start"`
		End          string             `json:"end"`
		Props        []oscalProp        `json:"props,omitempty"`
		Local        oscalLocal         `json:"local-definitions"`
		Reviewed     oscalReviewed      `json:"reviewed-controls"`
		Observations []oscalObservation `json:"observations"`
		Findings     []oscalFinding     `json:"findings,omitempty"`
		Remarks      string             `json:"remarks,omitempty"`
	}
	oscalLocal struct {
		Components []oscalComponent `json:"components"`
		Items      []oscalItem      `json:"inventory-items,omitempty"`
		Assets     oscalAssets      `json:"assessment-assets"`
	}
	oscalComponent struct {
		UUID        string            `json:"uuid"`
		Type        string            `json:"type"`
		Title       string            `json:"title"`
		Description string            `json:"description"`
		Status      map[string]string `json:"status"`
	}
	oscalItem struct {
		UUID        string      `json:"uuid"`
		Description string      `json:"description"`
		Props       []oscalProp `json:"props,omitempty"`
	}
	oscalAssets struct {
		Platforms []oscalLocation `json:"assessment-platforms"`
	}
	oscalReviewed struct {
		Selections []oscalSelection `json:"control-selections"`
	}
	oscalSelection struct {
		Include []oscalControl `json:"include-controls"`
	}
	oscalControl struct {
		ID string `json:"control-id"`
	}
	oscalObservation struct {
		UUID        string          `json:"uuid"`
		Title       string          `json:"title"`
		Description string          `json:"description"`
		Props       []oscalProp     `json:"props,omitempty"`
		Methods     []Method        `json:"methods"`
		Types       []string        `json:"types"`
		Origins     []oscalOrigin   `json:"origins,omitempty"`
		Subjects    []oscalSubject  `json:"subjects"`
		Evidence    []oscalEvidence `json:"relevant-evidence,omitempty"`
		Collected   string          `json:"collected"`
		Expires     string          `json:"expires,omitempty"`
		Remarks     string          `json:"remarks,omitempty"`
	}
	oscalOrigin struct {
		Actors []oscalActor `json:"actors"`
	}
	oscalActor struct {
		Type string `json:"type"`
		UUID string `json:"actor-uuid"`
	}
	oscalSubject struct {
		UUID  string `json:"subject-uuid"`
		Type  string `json:"type"`
		Title string `json:"title"`
	}
	oscalEvidence struct {
		Description string      `json:"description"`
		Props       []oscalProp `json:"props,omitempty"`
	}
	oscalFinding struct {
		UUID         string         `json:"uuid"`
		Title        string         `json:"title"`
		Description  string         `json:"description"`
		Props        []oscalProp    `json:"props,omitempty"`
		Target       oscalTarget    `json:"target"`
		Observations []oscalRelated `json:"related-observations"`
		Remarks      string         `json:"remarks,omitempty"`
	}
	oscalTarget struct {
		Type   string      `json:"type"`
		ID     string      `json:"target-id"`
		Title  string      `json:"title"`
		Status oscalStatus `json:"status"`
	}
	oscalStatus struct {
		State   string `json:"state"`
		Reason  string `json:"reason"`
		Remarks string `json:"remarks,omitempty"`
	}
	oscalRelated struct {
		UUID string `json:"observation-uuid"`
	}
)

// oscalExport is one export under way: what its findings speak of is collected
// once each.
type oscalExport struct {
	meta   Meta
	items  map[string]oscalItem
	places map[string]oscalLocation
}

func (x *oscalExport) results(list []Finding) oscalResults {
	p := x.meta.Protocol
	name := cmp.Or(x.meta.Name.In(x.meta.Lang), p.ID, "?")
	tool := cmp.Or(x.meta.Tool, "Lensdop")
	r := oscalResult{
		Title: oscalLine(name), Start: stampUTC(x.meta.At), End: stampUTC(x.meta.At),
		Description: x.say("Bevindingen bij het protocol.", "Constats relatifs au protocole.", "Findings on the protocol."),
	}
	var controls []string
	var begin, end time.Time
	ids := make([]string, 0, len(list))
	for _, f := range list {
		ids = append(ids, f.ID, string(f.Status), stampUTC(f.At))
		if !slices.Contains(controls, f.Rule) {
			controls = append(controls, f.Rule)
		}
		if !f.At.IsZero() && (begin.IsZero() || f.At.Before(begin)) {
			begin = f.At
		}
		if f.At.After(end) {
			end = f.At
		}
		seen := x.observations(f)
		r.Observations = append(r.Observations, seen...)
		if f.Status != NotApplicable {
			r.Findings = append(r.Findings, x.finding(f, seen))
		}
	}
	if !begin.IsZero() {
		r.Start, r.End = stampUTC(begin), stampUTC(end)
	}
	r.Reviewed.Selections = []oscalSelection{{}}
	for _, id := range controls {
		r.Reviewed.Selections[0].Include = append(r.Reviewed.Selections[0].Include, oscalControl{ID: oscalToken(id)})
	}
	if t := Count(list); len(t.NotChecked) > 0 {
		r.Remarks = x.say("Niet nagegaan, want niets in deze installatie verzamelt hiervoor de gegevens: ", "Non vérifié, car rien dans cette installation ne recueille les données nécessaires: ", "Not checked, since nothing in this installation gathers the facts: ") + strings.Join(t.NotChecked, ", ")
	}
	r.Local = oscalLocal{
		Components: []oscalComponent{{
			UUID: x.id("protocol"), Type: "policy", Title: oscalLine(name), Status: map[string]string{"state": "operational"},
			Description: x.say("Het cameraprotocol waaraan getoetst is.", "Le protocole caméras qui sert de référence.", "The camera protocol that was checked against."),
		}},
		Assets: oscalAssets{Platforms: []oscalLocation{{UUID: x.id("tool"), Title: oscalLine(tool)}}},
	}
	for _, k := range slices.Sorted(maps.Keys(x.items)) {
		r.Local.Items = append(r.Local.Items, x.items[k])
	}
	document := x.id("results", strings.Join(ids, "\x00"), stampUTC(x.meta.At), x.meta.Lang)
	r.UUID = x.id("result", document)
	out := oscalResults{
		UUID: document,
		Metadata: oscalMetadata{
			Title: oscalLine(name), Modified: stampUTC(x.meta.At), Version: stampUTC(x.meta.At), OSCAL: OSCALVersion,
			Props: oscalProps("protocol", p.ID, "protocol-version", p.Version, "language", x.meta.Lang),
		},
		ImportAP: oscalLink{Href: "#" + x.id("plan")},
		Results:  []oscalResult{r},
		BackMatter: oscalBackMatter{Resources: []oscalResource{{
			UUID: x.id("plan"), Title: oscalLine(name), Props: oscalProps("protocol", p.ID, "protocol-version", p.Version),
			Description: x.say("Het protocol en de regels waaraan getoetst is; er is geen afzonderlijk toetsplan.", "Le protocole et les règles de référence; il n'y a pas de plan d'évaluation distinct.", "The protocol and the rules that were checked; there is no separate assessment plan."),
		}}},
	}
	for _, k := range slices.Sorted(maps.Keys(x.places)) {
		out.Metadata.Locations = append(out.Metadata.Locations, x.places[k])
	}
	return out
}

// observations are what a finding rests on: one for each piece of evidence, or
// one that tells that nothing was seen.
func (x *oscalExport) observations(f Finding) []oscalObservation {
	at := f.At
	if at.IsZero() {
		at = x.meta.At
	}
	method := f.Method
	if method == "" {
		method = Test
	}
	o := oscalObservation{
		Title: oscalLine(f.Title.In(x.meta.Lang)), Description: oscalText(f.Text.In(x.meta.Lang)), Methods: []Method{method}, Types: []string{"finding"},
		Props: oscalProps("finding", f.ID, "status", string(f.Status)), Subjects: x.subjects(f.Target), Collected: stampUTC(at),
	}
	if method == Test {
		o.Origins = []oscalOrigin{{Actors: []oscalActor{{Type: "assessment-platform", UUID: x.id("tool")}}}}
	}
	if len(f.Evidence) == 0 {
		o.UUID = x.id("observation", f.ID, stampUTC(at))
		o.Remarks = x.say("Zonder bewijsstuk.", "Sans élément de preuve.", "Without evidence.")
		return []oscalObservation{o}
	}
	list := make([]oscalObservation, 0, len(f.Evidence))
	for i, e := range f.Evidence {
		o.UUID, o.Collected, o.Expires = x.id("observation", f.ID, stampUTC(at), strconv.Itoa(i)), stampUTC(at), stampUTC(e.Expires)
		if !e.Collected.IsZero() {
			o.Collected = stampUTC(e.Collected)
		}
		about := oscalProps("kind", e.Kind, "path", e.Path, "hash", string(e.Hash))
		for _, k := range slices.Sorted(maps.Keys(e.Numbers)) {
			about = append(about, oscalProps("number-"+oscalToken(k), strconv.FormatFloat(e.Numbers[k], 'g', 6, 64))...)
		}
		o.Evidence = []oscalEvidence{{Description: cmp.Or(oscalText(e.Value), oscalLine(e.Kind), "-"), Props: about}}
		list = append(list, o)
	}
	return list
}

func (x *oscalExport) finding(f Finding, seen []oscalObservation) oscalFinding {
	o := oscalFinding{
		UUID: x.id("finding", f.ID), Title: oscalLine(f.Title.In(x.meta.Lang)), Description: oscalText(f.Text.In(x.meta.Lang)),
		Props: oscalProps(
			"id", f.ID, "status", string(f.Status), "severity", string(f.Severity), "article", f.Why.Article, "owner-role", f.Owner,
			"due", stampUTC(f.Due), "since", stampUTC(f.Since), "first-seen", stampUTC(f.FirstSeen), "last-seen", stampUTC(f.LastSeen), "resolved", stampUTC(f.Resolved)),
		Target:  oscalTarget{Type: "objective-id", ID: oscalToken(f.Rule), Title: oscalLine(f.Title.In(x.meta.Lang)), Status: oscalStatus{State: "not-satisfied", Reason: "other"}},
		Remarks: oscalText(f.Remedy.In(x.meta.Lang)),
	}
	s := &o.Target.Status
	switch f.Status {
	case Pass:
		s.State, s.Reason = "satisfied", "pass"
	case Attested:
		s.State = "satisfied"
		s.Remarks = x.say("Verklaard door een mens, niet door een machine nagegaan.", "Attesté par une personne, non vérifié par une machine.", "Attested by a person, not checked by a machine.")
	case Expired:
		s.Remarks = x.say("De verklaring is verlopen.", "L'attestation a expiré.", "The attestation expired.")
	case Fail:
		s.Reason = "fail"
	case Error:
		s.Remarks = x.say("De regel kon niet worden beoordeeld.", "La règle n'a pas pu être évaluée.", "The rule could not be evaluated.")
	default:
		s.Remarks = x.say("Niet aangetoond: dit is geen vaststelling dat de regel is overtreden, en evenmin dat hij is nageleefd.", "Non prouvé: ceci n'établit ni que la règle est enfreinte, ni qu'elle est respectée.", "Unproven: this establishes neither that the rule is broken nor that it is kept.")
	}
	if f.Undelivered {
		o.Props = append(o.Props, oscalProps("undelivered", "true")...)
	}
	if f.DueSoon {
		o.Props = append(o.Props, oscalProps("due-soon", "true")...)
	}
	if v := f.Waiver; v != nil {
		o.Props = append(o.Props, oscalProps("waived", "true", "waiver", v.ID, "waiver-until", v.Expires.String(), "waiver-by", strings.Join(v.ApprovedBy, " "))...)
		s.Remarks = strings.TrimSpace(s.Remarks + " " + x.say("Er geldt een ontheffing; de status blijft wat hij is: ", "Une dérogation s'applique; le statut reste inchangé: ", "A waiver is in force; the status stays what it is: ") + oscalText(v.Justification))
	}
	for _, s := range seen {
		o.Observations = append(o.Observations, oscalRelated{UUID: s.UUID})
	}
	return o
}

// subjects are what a finding is about: the narrowest thing, and the site.
func (x *oscalExport) subjects(t Target) []oscalSubject {
	var list []oscalSubject
	for _, s := range []struct{ kind, id string }{{"camera", t.Camera}, {"reader", t.Reader}, {"device", t.Device}, {"zone", t.Zone}, {"subject", t.Subject}} {
		if s.id == "" {
			continue
		}
		key := s.kind + "\x00" + t.Site + "\x00" + s.id
		if _, ok := x.items[key]; !ok {
			x.items[key] = oscalItem{UUID: x.id("item", key), Description: oscalText(s.kind + " " + s.id), Props: append(oscalProps("kind", s.kind), oscalProp{Name: "asset-id", Value: cmp.Or(oscalValue(s.id), "?")})}
		}
		list = append(list, oscalSubject{UUID: x.items[key].UUID, Type: "inventory-item", Title: oscalLine(s.id)})
	}
	if t.Site != "" {
		if _, ok := x.places[t.Site]; !ok {
			x.places[t.Site] = oscalLocation{UUID: x.id("site", t.Site), Title: oscalLine(t.Site)}
		}
		list = append(list, oscalSubject{UUID: x.places[t.Site].UUID, Type: "location", Title: oscalLine(t.Site)})
	}
	if len(list) == 0 {
		list = append(list, oscalSubject{UUID: x.id("protocol"), Type: "component", Title: oscalLine(cmp.Or(x.meta.Protocol.ID, "?"))})
	}
	return list
}

func (x *oscalExport) say(nl, fr, en string) string {
	return policy.Text{NL: nl, FR: fr, EN: en}.In(x.meta.Lang)
}

// id is the UUID, version 5 (RFC 9562 §5.5), of a thing in this protocol.
func (x *oscalExport) id(parts ...string) string {
	namespaceURL := [16]byte{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8} // RFC 9562 §6.6
	return uuid5(uuid5Bytes(namespaceURL, OSCALNamespace), x.meta.Protocol.ID+"\x00"+strings.Join(parts, "\x00"))
}

func uuid5Bytes(namespace [16]byte, name string) [16]byte {
	h := sha1.New() // as the RFC says
	h.Write(namespace[:])
	h.Write([]byte(name))
	var u [16]byte
	copy(u[:], h.Sum(nil))
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	return u
}

func uuid5(namespace [16]byte, name string) string {
	u := uuid5Bytes(namespace, name)
	s := hex.EncodeToString(u[:])
	return fmt.Sprintf("%s-%s-%s-%s-%s", s[:8], s[8:12], s[12:16], s[16:20], s[20:])
}

// oscalProps makes properties in our namespace of names and values; what is empty
// is left out.
func oscalProps(pairs ...string) []oscalProp {
	var list []oscalProp
	for i := 0; i+1 < len(pairs); i += 2 {
		if v := oscalValue(pairs[i+1]); v != "" {
			list = append(list, oscalProp{Name: pairs[i], NS: OSCALNamespace, Value: v})
		}
	}
	return list
}

// oscalValue is a text without line breaks, as the value of a property must be.
func oscalValue(s string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " ")
}

// oscalToken is a text that an id or name may be: letters, digits, dots, hyphens
// and underscores, beginning with a letter.
func oscalToken(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			return r
		default:
			return '_'
		}
	}, s)
	if s == "" || s[0] >= '0' && s[0] <= '9' || s[0] == '.' || s[0] == '-' {
		s = "_" + s
	}
	return s
}

// oscalLine is a text as one line of Markdown; "-" for none, since OSCAL wants one.
func oscalLine(s string) string { return cmp.Or(oscalText(oscalValue(s)), "-") }

// oscalText escapes what Markdown would take for markup or a link. Underscores
// within a word mean nothing there and stay.
func oscalText(s string) string {
	return strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`).Replace(strings.ToValidUTF8(s, "?"))
}
