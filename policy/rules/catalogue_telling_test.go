package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

// signWorld has one sign at the site, seen yesterday, as Belgian law asks.
func signWorld(change func(f *rules.Facts, n *policy.Sign)) func(*rules.Facts) {
	return func(f *rules.Facts) {
		f.Protocol.Metadata.Jurisdiction, f.Protocol.Metadata.Version = policy.JurisdictionBE, "2"
		for i := range f.Protocol.Processing {
			f.Protocol.Processing[i].Place = "closed-public"
		}
		yes := true
		n := policy.Sign{
			ID: "bord", Site: site, At: "entrance", Size: []float64{0.30, 0.20}, Bounded: &yes,
			States: []string{"Camerabewaking - Wet van 21 maart 2007", "controller_name", "postal_address", "email_or_phone", "dpo_contact", "website"},
			Proof:  policy.SignProof{Verify: []string{"phone-scan"}, MaxAge: policy.Duration{Days: 90}},
		}
		signSeen("2", now.Add(-24*time.Hour))(f)
		if change != nil {
			change(f, &n)
		}
		f.Protocol.Signs = []policy.Sign{n}
	}
}

func signSeen(version string, at time.Time) func(*rules.Facts) {
	return func(f *rules.Facts) {
		f.Signs = devices.Of([]rules.SignSeen{{Sign: "bord", At: at, How: "phone-scan", Version: version}})
	}
}

func signAgo(d time.Duration) func(*rules.Facts) {
	return signWorld(func(f *rules.Facts, _ *policy.Sign) { signSeen("2", now.Add(-d))(f) })
}

func signSize(place string, bounded *bool, width, height float64) func(*rules.Facts) {
	return signWorld(func(f *rules.Facts, n *policy.Sign) {
		for i := range f.Protocol.Processing {
			f.Protocol.Processing[i].Place = place
		}
		n.Bounded, n.Size = bounded, []float64{width, height}
	})
}

// signDeclared has a person declare SIGN-2, with the hash of a document.
func signDeclared(hash policy.Hash) func(*rules.Facts) {
	return func(f *rules.Facts) {
		f.Protocol.Attestations = append(f.Protocol.Attestations, policy.Attestation{
			Rule: "SIGN-2", Owner: "ict", Date: policy.Date{Year: 2026, Month: time.March, Day: 1}, Document: policy.Document{SHA256: hash},
		})
	}
}

// signWithout takes one entry of what the sign says away.
func signWithout(i int) func(*rules.Facts) {
	return signWorld(func(_ *rules.Facts, n *policy.Sign) { n.States = append(n.States[:i:i], n.States[i+1:]...) })
}

// noticeWorld has the policy published, and given to one who was hired.
func noticeWorld(change func(f *rules.Facts)) func(*rules.Facts) {
	return func(f *rules.Facts) {
		accByIncident(f)
		f.Protocol.Guidelines = append(f.Protocol.Guidelines, policy.Guideline{ID: policy.GuidelinePoliceUnion})
		f.Protocol.Metadata.Version = "2"
		f.Protocol.Notices = []policy.Notice{{ID: "start", Audience: "new-employees"}}
		pages := []rules.Publication{}
		for _, what := range []string{"policy", "data-list", "roles"} {
			pages = append(pages, rules.Publication{What: what, Where: "intranet", At: now.Add(-time.Hour), Alive: true, Version: "2"})
		}
		f.Publications = devices.Of(pages)
		noticeGiven(rules.NoticeGiven{Notice: "start", At: now.Add(-48 * time.Hour), Due: now.Add(-48 * time.Hour), Receipts: 1, Of: 1})(f)
		if change != nil {
			change(f)
		}
	}
}

func noticeGiven(g rules.NoticeGiven) func(*rules.Facts) {
	return func(f *rules.Facts) { f.Notices = devices.Of([]rules.NoticeGiven{g}) }
}

func noticePage(change func(p *rules.Publication)) func(*rules.Facts) {
	return noticeWorld(func(f *rules.Facts) {
		list, _ := f.Publications.Get()
		for i := range list {
			change(&list[i])
		}
	})
}

// tellingCases are the rows for the entries in catalogue_telling.go.
func tellingCases() []ruleCase {
	date := func(y int, m time.Month, d int) policy.Date { return policy.Date{Year: y, Month: m, Day: d} }
	yes, no := true, false
	noSigns := signWorld(func(f *rules.Facts, _ *policy.Sign) { f.Signs = devices.Value[[]rules.SignSeen]{} })
	noPages := noticeWorld(func(f *rules.Facts) { f.Publications = devices.Value[[]rules.Publication]{} })
	return append([]ruleCase{
		{"SIGN-1", "seen yesterday", signWorld(nil), "SIGN-1/sign/bord", rules.Pass},
		{"SIGN-1", "seen 90 days ago", signAgo(90 * 24 * time.Hour), "SIGN-1/sign/bord", rules.Pass},
		{"SIGN-1", "seen longer ago", signAgo(90*24*time.Hour + time.Second), "SIGN-1/sign/bord", rules.Fail},
		{"SIGN-1", "no age stated: 90 days", signWorld(func(f *rules.Facts, n *policy.Sign) {
			n.Proof.MaxAge = policy.Duration{}
			signSeen("2", now.Add(-91*24*time.Hour))(f)
		}), "SIGN-1/sign/bord", rules.Fail},
		{"SIGN-1", "never seen", signWorld(func(f *rules.Facts, _ *policy.Sign) { f.Signs = devices.Of([]rules.SignSeen{}) }), "SIGN-1/sign/bord", rules.Fail},
		{"SIGN-1", "seen in a way that does not count", signWorld(func(_ *rules.Facts, n *policy.Sign) { n.Proof.Verify = []string{"camera-sees-marker"} }), "SIGN-1/sign/bord", rules.Fail},
		{"SIGN-1", "seen after now", signAgo(-time.Second), "SIGN-1/sign/bord", rules.Unproven},
		{"SIGN-1", "nobody gathers it", signWorld(func(f *rules.Facts, _ *policy.Sign) { f.Signs = devices.Value[[]rules.SignSeen]{} }), "SIGN-1/sign/bord", rules.Unproven},
		{"SIGN-1", "no sign at the site", func(f *rules.Facts) { f.Protocol.Signs = nil }, "SIGN-1/site/de-polder", rules.Unproven},

		{"SIGN-2", "says all", signWorld(nil), "SIGN-2/content/bord", rules.Pass},
		{"SIGN-2", "says all in short words", signWorld(func(_ *rules.Facts, n *policy.Sign) {
			n.States = []string{"camera-act", "controller", "address", "phone", "dpo", "link"}
		}), "SIGN-2/content/bord", rules.Pass},
		{"SIGN-2", "does not name the act", signWithout(0), "SIGN-2/content/bord", rules.Fail},
		{"SIGN-2", "does not name the controller", signWithout(1), "SIGN-2/content/bord", rules.Fail},
		{"SIGN-2", "no address; that of the e-mail is none", signWorld(func(_ *rules.Facts, n *policy.Sign) { n.States[2] = "email_address" }), "SIGN-2/content/bord", rules.Fail},
		{"SIGN-2", "no e-mail or telephone", signWithout(3), "SIGN-2/content/bord", rules.Fail},
		{"SIGN-2", "no data protection officer", signWithout(4), "SIGN-2/content/bord", rules.Fail},
		{"SIGN-2", "none to name", accThen(signWithout(4), func(f *rules.Facts) {
			for i := range f.Protocol.Processing {
				f.Protocol.Processing[i].DPO = policy.Contact{}
			}
		}), "SIGN-2/content/bord", rules.Pass},
		{"SIGN-2", "no website", signWithout(5), "SIGN-2/content/bord", rules.Fail},
		{"SIGN-2", "number plates are read, not named", signWorld(func(f *rules.Facts, _ *policy.Sign) { f.Protocol.Cameras[cam].Analytics = []string{"ANPR"} }), "SIGN-2/content/bord", rules.Fail},
		{"SIGN-2", "number plates named in small letters", signWorld(func(f *rules.Facts, n *policy.Sign) {
			f.Protocol.Cameras[cam].Analytics = []string{"anpr"}
			n.States = append(n.States, "anpr")
		}), "SIGN-2/content/bord", rules.Fail},
		{"SIGN-2", "number plates named", signWorld(func(f *rules.Facts, n *policy.Sign) {
			f.Protocol.Cameras[cam].Analytics = []string{"anpr"}
			n.States = append(n.States, "ANPR")
		}), "SIGN-2/content/bord", rules.Pass},
		{"SIGN-2", "what it says is not stated", signWorld(func(_ *rules.Facts, n *policy.Sign) { n.States = nil }), "SIGN-2/content/bord", rules.Unproven},
		{"SIGN-2", "large enough at a building", signSize("closed-public", &yes, 0.30, 0.20), "SIGN-2/size/bord", rules.Pass},
		{"SIGN-2", "too low at a building", signSize("closed-public", &yes, 0.30, 0.19), "SIGN-2/size/bord", rules.Fail},
		{"SIGN-2", "too small without a building", signSize("closed-public", &no, 0.30, 0.20), "SIGN-2/size/bord", rules.Fail},
		{"SIGN-2", "large enough without a building", signSize("closed-public", &no, 0.60, 0.40), "SIGN-2/size/bord", rules.Pass},
		{"SIGN-2", "whether there is a building is not said", signSize("closed-public", nil, 0.30, 0.20), "SIGN-2/size/bord", rules.Unproven},
		{"SIGN-2", "large enough whatever there is", signSize("closed-public", nil, 0.60, 0.40), "SIGN-2/size/bord", rules.Pass},
		{"SIGN-2", "too small whatever there is", signSize("closed-public", nil, 0.29, 0.20), "SIGN-2/size/bord", rules.Fail},
		{"SIGN-2", "open place", signSize("open", &yes, 0.60, 0.40), "SIGN-2/size/bord", rules.Pass},
		{"SIGN-2", "too small for an open place", signSize("open", &yes, 0.59, 0.40), "SIGN-2/size/bord", rules.Fail},
		{"SIGN-2", "private place", signSize("closed-private", nil, 0.15, 0.10), "SIGN-2/size/bord", rules.Pass},
		{"SIGN-2", "too small for a private place", signSize("closed-private", nil, 0.14, 0.10), "SIGN-2/size/bord", rules.Fail},
		{"SIGN-2", "place not said", signSize("", &yes, 0.60, 0.40), "SIGN-2/size/bord", rules.Unproven},
		{"SIGN-2", "size not said", signWorld(func(_ *rules.Facts, n *policy.Sign) { n.Size = nil }), "SIGN-2/size/bord", rules.Unproven},
		{"SIGN-2", "a sign of no camera", signWorld(func(_ *rules.Facts, n *policy.Sign) { n.Site = "elsewhere" }), "SIGN-2/size/bord", rules.Unproven},
		{"SIGN-2", "follows the protocol", signWorld(nil), "SIGN-2/version/bord", rules.Pass},
		{"SIGN-2", "older than the protocol", signWorld(func(f *rules.Facts, _ *policy.Sign) { signSeen("1", now)(f) }), "SIGN-2/version/bord", rules.Fail},
		{"SIGN-2", "hung on the day that the protocol took effect", signWorld(func(f *rules.Facts, n *policy.Sign) {
			signSeen("", now)(f)
			f.Protocol.Metadata.Effective.Date, n.Hung = date(2026, time.January, 14), date(2026, time.January, 14)
		}), "SIGN-2/version/bord", rules.Pass},
		{"SIGN-2", "hung the day before", signWorld(func(f *rules.Facts, n *policy.Sign) {
			signSeen("", now)(f)
			f.Protocol.Metadata.Effective.Date, n.Hung = date(2026, time.January, 14), date(2026, time.January, 13)
		}), "SIGN-2/version/bord", rules.Fail},
		{"SIGN-2", "version not known", signWorld(func(f *rules.Facts, _ *policy.Sign) { signSeen("", now)(f) }), "SIGN-2/version/bord", rules.Unproven},
		{"SIGN-2", "nobody gathers it", signWorld(func(f *rules.Facts, _ *policy.Sign) { f.Signs = devices.Value[[]rules.SignSeen]{} }), "SIGN-2/version/bord", rules.Unproven},
		// What the file demands of a sign is not what hangs.
		{"SIGN-2", "says all, whether it hangs nobody gathers", noSigns, "SIGN-2/content/bord", rules.Unproven},
		{"SIGN-2", "says all, never seen", signWorld(func(f *rules.Facts, _ *policy.Sign) { f.Signs = devices.Of([]rules.SignSeen{}) }), "SIGN-2/content/bord", rules.Unproven},
		{"SIGN-2", "says all, seen too long ago", signAgo(90*24*time.Hour + time.Second), "SIGN-2/content/bord", rules.Unproven},
		{"SIGN-2", "says all, seen in a way that does not count", signWorld(func(_ *rules.Facts, n *policy.Sign) { n.Proof.Verify = []string{"camera-sees-marker"} }), "SIGN-2/content/bord", rules.Unproven},
		{"SIGN-2", "says all, and somebody declares it", accThen(noSigns, signDeclared(conHash)), "SIGN-2/content/bord", rules.Attested},
		{"SIGN-2", "says all, declared without a document", accThen(noSigns, signDeclared("")), "SIGN-2/content/bord", rules.Unproven},
		{"SIGN-2", "does not say all, whatever is declared", accThen(signWithout(0), signDeclared(conHash)), "SIGN-2/content/bord", rules.Fail},
		{"SIGN-2", "large enough, never seen", signWorld(func(f *rules.Facts, _ *policy.Sign) { f.Signs = devices.Of([]rules.SignSeen{}) }), "SIGN-2/size/bord", rules.Unproven},
		{"SIGN-2", "large enough, and somebody declares it", accThen(noSigns, signDeclared(conHash)), "SIGN-2/size/bord", rules.Attested},
		{"SIGN-2", "hung after the protocol, by the file alone", signWorld(func(f *rules.Facts, n *policy.Sign) {
			f.Signs, n.Hung = devices.Value[[]rules.SignSeen]{}, date(2026, time.March, 1)
		}), "SIGN-2/version/bord", rules.Unproven},
		{"SIGN-2", "no signs", accThen(signWorld(nil), func(f *rules.Facts) { f.Protocol.Signs = nil }), "SIGN-2/signs", rules.Unproven},
		{"SIGN-2", "the Netherlands", func(*rules.Facts) {}, "SIGN-2", rules.NotApplicable},
	}, noticeCases(noPages)...)
}

// noticeCases are the rows for NOT-3, NOT-5 and NOT-6.
func noticeCases(noPages func(*rules.Facts)) []ruleCase {
	// The Amsterdam day of 18 March 2026 ends at 23:00 UTC.
	due := time.Date(2026, time.March, 18, 9, 0, 0, 0, time.UTC)
	end := time.Date(2026, time.March, 18, 23, 0, 0, 0, time.UTC)
	given := func(at, now time.Time) func(*rules.Facts) {
		return noticeWorld(func(f *rules.Facts) {
			f.Now = now
			noticeGiven(rules.NoticeGiven{Notice: "start", At: at, Due: due, Receipts: 1, Of: 1})(f)
		})
	}
	return []ruleCase{
		{"NOT-3", "published", noticeWorld(nil), "NOT-3/published/intranet", rules.Pass},
		{"NOT-3", "page gone", noticePage(func(p *rules.Publication) { p.Alive = false }), "NOT-3/published/intranet", rules.Fail},
		{"NOT-3", "old version", noticePage(func(p *rules.Publication) { p.Version = "1" }), "NOT-3/published/intranet", rules.Fail},
		{"NOT-3", "version not known", noticePage(func(p *rules.Publication) { p.Version = "" }), "NOT-3/published/intranet", rules.Unproven},
		{"NOT-3", "looked at 31 days ago", noticePage(func(p *rules.Publication) { p.At = now.Add(-31 * 24 * time.Hour) }), "NOT-3/published/intranet", rules.Pass},
		{"NOT-3", "looked at longer ago", noticePage(func(p *rules.Publication) { p.At = now.Add(-31*24*time.Hour - time.Second) }), "NOT-3/published/intranet", rules.Unproven},
		{"NOT-3", "looked at after now", noticePage(func(p *rules.Publication) { p.At = now.Add(time.Second) }), "NOT-3/published/intranet", rules.Unproven},
		{"NOT-3", "published nowhere", noticePage(func(p *rules.Publication) { p.What = "other" }), "NOT-3/published", rules.Fail},
		{"NOT-3", "nobody gathers it", noPages, "NOT-3/published", rules.Unproven},
		{"NOT-3", "explained", noticeWorld(nil), "NOT-3/hiring/start", rules.Pass},
		{"NOT-3", "nobody hired", noticeWorld(func(f *rules.Facts) { f.Notices = devices.Of([]rules.NoticeGiven{}) }), "NOT-3/hiring/start", rules.Pass},
		{"NOT-3", "explained in the last second of the day", given(end.Add(-time.Second), end), "NOT-3/hiring/start", rules.Pass},
		{"NOT-3", "explained as the day ended", given(end, end), "NOT-3/hiring/start", rules.Fail},
		{"NOT-3", "not explained, the day still runs", given(time.Time{}, end.Add(-time.Second)), "NOT-3/hiring/start", rules.Pass},
		{"NOT-3", "not explained, the day is over", given(time.Time{}, end), "NOT-3/hiring/start", rules.Fail},
		{"NOT-3", "no receipt", noticeWorld(noticeGiven(rules.NoticeGiven{Notice: "start", At: now, Of: 1})), "NOT-3/hiring/start", rules.Fail},
		{"NOT-3", "neither time nor due day", noticeWorld(noticeGiven(rules.NoticeGiven{Notice: "start"})), "NOT-3/hiring/start", rules.Unproven},
		{"NOT-3", "no register", noticeWorld(func(f *rules.Facts) { f.Notices = devices.Value[[]rules.NoticeGiven]{} }), "NOT-3/hiring/start", rules.Unproven},
		{"NOT-3", "no explanation in the protocol", noticeWorld(func(f *rules.Facts) { f.Protocol.Notices = nil }), "NOT-3/hiring", rules.Unproven},

		{"NOT-5", "published", noticeWorld(nil), "NOT-5/published/intranet", rules.Pass},
		{"NOT-5", "published nowhere", noticePage(func(p *rules.Publication) { p.What = "policy" }), "NOT-5/published", rules.Fail},
		{"NOT-5", "nobody gathers it", noPages, "NOT-5/published", rules.Unproven},
		{"NOT-5", "which data and why", noticeWorld(nil), "NOT-5/data/video", rules.Pass},
		{"NOT-5", "which data is not said", noticeWorld(func(f *rules.Facts) { f.Protocol.Processing[0].DataCategories = policy.DataCategories{} }), "NOT-5/data/video", rules.Unproven},
		{"NOT-5", "why is not said", noticeWorld(func(f *rules.Facts) { f.Protocol.Processing[0].Purposes = nil }), "NOT-5/data/video", rules.Fail},

		{"NOT-6", "functions stated", noticeWorld(nil), "NOT-6/functions", rules.Pass},
		{"NOT-6", "no functions stated", noticeWorld(func(f *rules.Facts) { f.Protocol.Permissions = nil }), "NOT-6/functions", rules.Fail},
		{"NOT-6", "conditions stated", noticeWorld(nil), "NOT-6/procedure", rules.Pass},
		{"NOT-6", "steps stated", noticeWorld(func(f *rules.Facts) {
			f.Protocol.Permissions = nil
			f.Protocol.AccessFlow = []policy.AccessStep{{Step: "request"}}
		}), "NOT-6/procedure", rules.Pass},
		{"NOT-6", "neither", noticeWorld(func(f *rules.Facts) { f.Protocol.Permissions = nil }), "NOT-6/procedure", rules.Fail},
		{"NOT-6", "published", noticeWorld(nil), "NOT-6/published/intranet", rules.Pass},
		{"NOT-6", "published nowhere", noticePage(func(p *rules.Publication) { p.What = "data-list" }), "NOT-6/published", rules.Fail},
		{"NOT-6", "nobody gathers it", noPages, "NOT-6/published", rules.Unproven},
	}
}

// accParts are the rows of the four parts of the catalogue on looking, handing
// over, hiding and telling.
func accParts() []ruleCase {
	return slices.Concat(accessCases(), disclosureCases(), hiddenCases(), tellingCases())
}

// Where nothing was gathered, nothing passes but what the file itself shows.
func TestAccessPassesByTheFileAlone(t *testing.T) {
	fromFile := []string{
		"ACC-2/permissions", "ACC-8/functions/", "DIS-2/recipients/", "LOG-1/log", "HID-2/", "CALL-3/",
		"SIGN-2/content/", "SIGN-2/size/", "SIGN-2/version/", "NOT-5/data/", "NOT-6/functions", "NOT-6/procedure",
	}
	passed := 0
	for _, c := range accParts() {
		f := world(t, c.rule)
		c.change(&f)
		f = rules.Facts{Protocol: f.Protocol, Site: f.Site, Now: f.Now}
		for _, got := range rules.EvaluateOnly(f, c.rule) {
			if got.Status != rules.Pass {
				continue
			}
			passed++
			if got.ID == "LOG-1/report" && !f.Protocol.Logging.YearlyReport.Last.IsZero() {
				continue // the file says when it was sent
			}
			if !slices.ContainsFunc(fromFile, func(id string) bool { return strings.HasPrefix(got.ID, id) }) {
				t.Errorf("%s, %s: %s passes though nothing is known: %s", c.rule, c.name, got.ID, got.Text.EN)
			}
		}
	}
	if passed == 0 {
		t.Error("nothing passes, so the half on what is not known tests nothing")
	}
}

// A protocol with conditions and no steps says how recordings are consulted,
// and does not count to zero.
func TestProcedureWithoutSteps(t *testing.T) {
	f := world(t, "NOT-6")
	noticeWorld(func(f *rules.Facts) { f.Protocol.AccessFlow = nil })(&f)
	got := find(t, rules.Evaluate(f), "NOT-6/procedure")
	if got.Status != rules.Pass || strings.Contains(got.Text.EN, "(0 steps)") || !strings.Contains(got.Text.EN, "names no steps") {
		t.Errorf("%s: %s", got.Status, got.Text.EN)
	}
}
