package rules_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

const (
	document = policy.Hash("sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
	declarer = "dpo"
)

// whole is a good world seen as the protocol as a whole, in which a rule binds:
// the good one, or else one that a case of the rule makes.
func whole(t testing.TB, r rules.Rule) rules.Facts {
	t.Helper()
	f := good(t)
	for _, id := range r.Guidelines {
		f.Protocol.Guidelines = append(f.Protocol.Guidelines, policy.Guideline{ID: id})
	}
	f.Site = ""
	declares := func(f rules.Facts) bool {
		return find(t, rules.EvaluateOnly(f, r.ID), r.ID+"/attested").Status != rules.NotApplicable
	}
	f.Protocol.Attestations = nil
	if declares(f) {
		return f
	}
	for _, c := range allCases() {
		if c.rule != r.ID {
			continue
		}
		f := world(t, r.ID)
		c.change(&f)
		f.Site, f.Protocol.Attestations = "", nil
		f.Attestations = devices.Value[[]rules.Declared]{}
		if declares(f) {
			return f
		}
	}
	t.Fatalf("%s binds in no world", r.ID)
	return rules.Facts{}
}

func attestation(id string) policy.Attestation {
	return policy.Attestation{Rule: id, Text: "So it is.", Owner: declarer, Every: policy.Duration{Years: 1}, Date: policy.Date{Year: 2025, Month: time.June, Day: 1}, Document: policy.Document{SHA256: document}}
}

// Every rule with a human half: attested, due, expired, never asked, never
// made, and with a part missing.
func TestEveryAttestation(t *testing.T) {
	date := func(y int, m time.Month, d int) policy.Date { return policy.Date{Year: y, Month: m, Day: d} }
	for _, r := range rules.Table() {
		if r.Mode == rules.Automatic {
			continue
		}
		for _, c := range []struct {
			name   string
			change func(a *policy.Attestation)
			want   rules.Status
			due    bool
			says   string
		}{
			{"attested", func(*policy.Attestation) {}, rules.Attested, false, "2026-06-01"},
			{"due", func(a *policy.Attestation) { a.Date = date(2025, time.April, 1) }, rules.Attested, true, "made again before 2026-04-01"},
			{"due by its own day", func(a *policy.Attestation) { a.Expires = date(2026, time.March, 20) }, rules.Attested, true, "2026-03-20"},
			{"expired", func(a *policy.Attestation) { a.Date = date(2025, time.March, 18) }, rules.Expired, false, "expired on 2026-03-18"},
			{"expired on its own day", func(a *policy.Attestation) { a.Expires = date(2026, time.March, 18) }, rules.Expired, false, "2026-03-18"},
			{"once", func(a *policy.Attestation) { a.Once, a.Date = true, date(2001, time.March, 1) }, rules.Attested, false, "until something changes"},
			{"never made", func(a *policy.Attestation) { a.Date, a.Document = policy.Date{}, policy.Document{} }, rules.Unproven, false, "never attested"},
			{"without a date", func(a *policy.Attestation) { a.Date = policy.Date{} }, rules.Unproven, false, "the date is missing"},
			{"without a document", func(a *policy.Attestation) { a.Document = policy.Document{} }, rules.Unproven, false, "hash of the document is missing"},
			{"without an owner", func(a *policy.Attestation) { a.Owner = "" }, rules.Unproven, false, "role that attests is missing"},
			{"by a role that is not there", func(a *policy.Attestation) { a.Owner = "nobody" }, rules.Unproven, false, `role "nobody" is not in the protocol`},
			{"in the future", func(a *policy.Attestation) { a.Date = date(2026, time.March, 19) }, rules.Unproven, false, "date in the future"},
			{"nobody asked", func(a *policy.Attestation) { a.Rule = "none" }, rules.Unproven, false, "asks nobody"},
		} {
			t.Run(r.ID+" "+c.name, func(t *testing.T) {
				f := whole(t, r)
				a := attestation(r.ID)
				c.change(&a)
				f.Protocol.Attestations = []policy.Attestation{a}
				f.Attestations = devices.Value[[]rules.Declared]{}
				got := find(t, rules.EvaluateOnly(f, r.ID), r.ID+"/attested")
				if got.Status != c.want || got.DueSoon != c.due || got.Due.IsZero() == c.due {
					t.Errorf("is %s, due soon %t by %s: %s", got.Status, got.DueSoon, got.Due, got.Text.EN)
				}
				if !strings.Contains(got.Text.EN, c.says) {
					t.Errorf("says %q, not %q", got.Text.EN, c.says)
				}
				if got.Text.NL == "" || got.Text.FR == "" || got.Text.NL == got.Text.EN || strings.Contains(got.Text.NL+got.Text.FR+got.Text.EN, "%!") {
					t.Errorf("words: %+v", got.Text)
				}
				if got.Severity != r.Severity || got.Method == rules.Test || got.Method == "" {
					t.Errorf("severity %s, method %s", got.Severity, got.Method)
				}
				if got.Status.OK() != (got.Remedy == policy.Text{}) {
					t.Errorf("%s with remedy %q", got.Status, got.Remedy.EN)
				}
				if got.Status == rules.Attested {
					e := got.Evidence[0]
					if got.Owner != declarer || e.Hash != document || e.Collected.IsZero() || !strings.Contains(e.Value, declarer) {
						t.Errorf("owner %q, evidence %+v", got.Owner, e)
					}
					if e.Expires.IsZero() != a.Once {
						t.Errorf("expires %s", e.Expires)
					}
				}
			})
		}
	}
}

// A rule of the table stands for all in what follows: the engine does not look
// at which one it is.
const half = "SEC-1"

func attest(t *testing.T, change func(f *rules.Facts)) []rules.Finding {
	t.Helper()
	r, ok := rules.Lookup(half)
	if !ok || r.Mode != rules.Half {
		t.Fatalf("%s is no half rule", half)
	}
	f := whole(t, r)
	f.Protocol.Attestations = []policy.Attestation{attestation(half)}
	f.Protocol.Sites = append(f.Protocol.Sites, policy.Site{ID: "de-dijk", Name: "De Dijk"})
	f.Attestations = devices.Value[[]rules.Declared]{}
	change(&f)
	return rules.Evaluate(f)
}

func declared(year int, month time.Month, d int, site string) rules.Declared {
	return rules.Declared{Rule: half, Site: site, Owner: declarer, At: time.Date(year, month, d, 9, 0, 0, 0, time.UTC), SHA256: document}
}

func TestAttestations(t *testing.T) {
	old := func(f *rules.Facts) {
		f.Protocol.Attestations[0].Date = policy.Date{Year: 2024, Month: time.June, Day: 1}
	}
	all := half + "/attested"
	for _, c := range []struct {
		name   string
		change func(f *rules.Facts)
		id     string
		want   rules.Status
		says   string
	}{
		{"the newest counts, from the register", func(f *rules.Facts) {
			old(f)
			f.Attestations = devices.Of([]rules.Declared{declared(2025, time.May, 1, ""), declared(2026, time.January, 9, ""), declared(2025, time.July, 1, "")})
		}, all, rules.Attested, "2026-01-09"},
		{"the newest counts, from the file", func(f *rules.Facts) {
			f.Attestations = devices.Of([]rules.Declared{declared(2024, time.January, 9, "")})
		}, all, rules.Attested, "2025-06-01"},
		{"the interval of the protocol counts for the register too", func(f *rules.Facts) {
			f.Protocol.Attestations[0].Every = policy.Duration{Months: 1}
			f.Attestations = devices.Of([]rules.Declared{declared(2026, time.February, 17, "")})
		}, all, rules.Expired, "expired on 2026-03-17"},
		{"a month is a month of the calendar", func(f *rules.Facts) {
			f.Protocol.Attestations[0].Every = policy.Duration{Months: 1}
			f.Attestations = devices.Of([]rules.Declared{declared(2026, time.January, 31, "")})
		}, all, rules.Expired, "expired on 2026-02-28"},
		{"its own end comes before the interval", func(f *rules.Facts) {
			d := declared(2026, time.January, 9, "")
			d.Expires = now.Add(-time.Minute)
			f.Attestations = devices.Of([]rules.Declared{d})
		}, all, rules.Expired, "2026-03-18"},
		{"a register that cannot be read does not take the file's away", func(f *rules.Facts) {
			f.Attestations = devices.Unreadable[[]rules.Declared](errors.New("no database"))
		}, all, rules.Attested, "2025-06-01"},
		{"a register that cannot be read may know a newer one", func(f *rules.Facts) {
			old(f)
			f.Attestations = devices.Unreadable[[]rules.Declared](errors.New("no database"))
		}, all, rules.Unproven, "no database"},
		{"a register that cannot be read, nothing in the file", func(f *rules.Facts) {
			f.Protocol.Attestations = nil
			f.Attestations = devices.Unreadable[[]rules.Declared](errors.New("no database"))
		}, all, rules.Unproven, "no database"},
		{"by another role than asked", func(f *rules.Facts) {
			d := declared(2026, time.January, 9, "")
			d.Owner = "ict"
			f.Attestations = devices.Of([]rules.Declared{d})
		}, all, rules.Unproven, "by the role ict while the protocol asks the role dpo"},
		{"declared though nobody was asked", func(f *rules.Facts) {
			f.Protocol.Attestations = nil
			f.Attestations = devices.Of([]rules.Declared{declared(2026, time.January, 9, "")})
		}, all, rules.Attested, "2026-01-09"},
		{"one site, named", func(f *rules.Facts) { f.Protocol.Attestations[0].Site = site }, all + "/" + site, rules.Attested, "2026-06-01"},
		{"another site, not covered", func(f *rules.Facts) { f.Protocol.Attestations[0].Site = site }, all + "/de-dijk", rules.Unproven, "asks nobody"},
		{"another site, covered by one for all", func(f *rules.Facts) {
			f.Attestations = devices.Of([]rules.Declared{declared(2026, time.January, 9, site)})
		}, all + "/de-dijk", rules.Attested, "2025-06-01"},
		{"a site's own is newer", func(f *rules.Facts) {
			f.Attestations = devices.Of([]rules.Declared{declared(2026, time.January, 9, site)})
		}, all + "/" + site, rules.Attested, "2026-01-09"},
		{"what is asked of a site comes before what is asked of all", func(f *rules.Facts) {
			own := attestation(half)
			own.Site, own.Every = site, policy.Duration{Years: 2}
			f.Protocol.Attestations[0].Every = policy.Duration{Months: 1}
			f.Protocol.Attestations = append(f.Protocol.Attestations, own)
		}, all + "/" + site, rules.Attested, "2027-06-01"},
		{"what is asked of all stays for the others", func(f *rules.Facts) {
			own := attestation(half)
			own.Site, own.Every = site, policy.Duration{Years: 2}
			f.Protocol.Attestations[0].Every = policy.Duration{Months: 1}
			f.Protocol.Attestations = append(f.Protocol.Attestations, own)
		}, all + "/de-dijk", rules.Expired, "2025-07-01"},
		{"a site that the protocol does not have", func(f *rules.Facts) { f.Protocol.Attestations[0].Site = "elsewhere" }, all, rules.Unproven, "asks nobody"},
		{"taken out", func(f *rules.Facts) {
			f.Protocol.Rules.Except = []policy.RuleException{{Rule: half, Because: "no recordings"}}
		}, all, rules.NotApplicable, "no recordings"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := find(t, attest(t, c.change), c.id)
			if got.Status != c.want || !strings.Contains(got.Text.EN, c.says) {
				t.Errorf("is %s, %q; want %s, %q", got.Status, got.Text.EN, c.want, c.says)
			}
		})
	}
}

// An attestation ends at midnight of the place, and is due thirty days of the
// calendar before, also when summer time begins in between.
func TestAttestationEdges(t *testing.T) {
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		now  time.Time
		want rules.Status
		due  bool
	}{
		{"an instant before it is due", time.Date(2026, time.March, 15, 23, 59, 59, 0, amsterdam), rules.Attested, false},
		{"from the first instant that it is due", time.Date(2026, time.March, 16, 0, 0, 0, 0, amsterdam), rules.Attested, true},
		{"its last instant", time.Date(2026, time.April, 14, 23, 59, 59, 0, amsterdam), rules.Attested, true},
		{"its end", time.Date(2026, time.April, 15, 0, 0, 0, 0, amsterdam), rules.Expired, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := find(t, attest(t, func(f *rules.Facts) {
				f.Protocol.Attestations[0].Date = policy.Date{Year: 2025, Month: time.April, Day: 15}
				f.Now = c.now
			}), half+"/attested")
			if got.Status != c.want || got.DueSoon != c.due {
				t.Errorf("is %s, due soon %t: %s", got.Status, got.DueSoon, got.Text.EN)
			}
		})
	}
}

// What nobody was asked to declare tells what to add, with the rule's own
// statement and interval.
func TestAttestationRemedy(t *testing.T) {
	for _, r := range rules.Table() {
		if r.Mode == rules.Automatic {
			continue
		}
		f := whole(t, r)
		f.Protocol.Attestations = nil
		f.Attestations = devices.Value[[]rules.Declared]{}
		got := find(t, rules.EvaluateOnly(f, r.ID), r.ID+"/attested")
		want := "once: true"
		if !r.Every.IsZero() {
			want = "every: " + r.Every.String()
		}
		for _, s := range []string{"attestations", "rule: " + r.ID, want, r.Statement.EN} {
			if !strings.Contains(got.Remedy.EN, s) {
				t.Errorf("%s: %q does not say %q", r.ID, got.Remedy.EN, s)
			}
		}
	}
}

// Nobody need declare anything on a system that the protocol does not have,
// also where a rule looks for one all the same.
func TestNothingToDeclare(t *testing.T) {
	for _, id := range []string{"DEV-2", "DEV-4", "SEC-4"} {
		f := good(t)
		f.Site = ""
		p := f.Protocol
		p.Guidelines = []policy.Guideline{{ID: policy.GuidelinePoliceUnion}}
		p.Readers = nil
		p.Processing = slices.DeleteFunc(p.Processing, func(q policy.Processing) bool { return policy.TracksStaff(q.System) })
		if got := find(t, rules.EvaluateOnly(f, id), id+"/attested"); got.Status != rules.NotApplicable {
			t.Errorf("%s is %s: %s", got.ID, got.Status, got.Text.EN)
		}
	}
}
