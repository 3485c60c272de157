package rules_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

// purGuide adopts a guideline.
func purGuide(id string) func(f *rules.Facts) {
	return func(f *rules.Facts) {
		f.Protocol.Guidelines = append(f.Protocol.Guidelines, policy.Guideline{ID: id})
	}
}

// purAims gives the purposes of video these aims, in this order.
func purAims(list ...string) func(f *rules.Facts) {
	return func(f *rules.Facts) {
		f.Protocol.Processing[0].Purposes = nil
		for i, aim := range list {
			f.Protocol.Processing[0].Purposes = append(f.Protocol.Processing[0].Purposes, policy.Purpose{ID: fmt.Sprintf("p%d", i), Text: "x", Aim: aim})
		}
	}
}

// purForbid forbids control of work with video.
func purForbid(f *rules.Facts) {
	f.Protocol.Processing[0].ProhibitedUses = append(f.Protocol.Processing[0].ProhibitedUses, policy.Purpose{ID: "work", Text: "x", Aim: policy.AimWorkControl})
}

// purSession is a playback at camera entree with a case and a reason, with one change.
func purSession(change func(*rules.Session)) rules.Session {
	v := rules.Session{ID: "s1", Who: "secret-account", Verb: policy.VerbPlayback, Camera: "entree", Site: site, Start: now.Add(-time.Hour), End: now.Add(-50 * time.Minute), Case: retCase, Reason: "safety"}
	if change != nil {
		change(&v)
	}
	return v
}

// purLog has one session in the access log.
func purLog(change func(*rules.Session)) func(f *rules.Facts) {
	return func(f *rules.Facts) { f.Sessions = devices.Of([]rules.Session{purSession(change)}) }
}

// purOften has a number of playbacks of camera entree without a case, so many hours apart.
func purOften(n, apart int) func(f *rules.Facts) {
	return func(f *rules.Facts) {
		var list []rules.Session
		for i := range n {
			list = append(list, purSession(func(v *rules.Session) {
				v.ID, v.Case, v.Start = fmt.Sprintf("s%d", i), "", now.Add(-time.Duration(i*apart)*time.Hour)
			}))
		}
		f.Sessions = devices.Of(list)
	}
}

func purCases(list ...rules.Case) func(f *rules.Facts) {
	return func(f *rules.Facts) { f.Cases = devices.Of(list) }
}

// purDPIA has an assessment of January 2026 and first use in February.
func purDPIA(f *rules.Facts) {
	f.Protocol.Processing[0].DPIA = policy.DPIA{Required: true, Date: locDay(time.January, 10)}
	f.Protocol.Processing[0].FirstUse = locDay(time.February, 1)
	delete(f.Protocol.Processing[0].Basis.Fields, "first_use")
}

// purCan gives camera entree services and analytics, and a protocol that names some.
func purCan(f *rules.Facts) {
	purGuide(policy.GuidelineWorksCouncil)(f)
	f.Protocol.Cameras[cam].Services = []string{policy.ServiceONVIF, policy.ServiceRTSP}
	f.Protocol.Cameras[cam].Analytics = []string{"CellMotionEngine"}
	f.Cameras[cam].Services, f.Cameras[cam].ServicesAsked = devices.Of([]string{"rtsp"}), []string{policy.ServiceONVIF, policy.ServiceHTTP, policy.ServiceRTSP}
	f.Cameras[cam].Analytics = devices.Of([]string{"tt:CellMotionEngine"})
}

// purAnalytics has analytics on at camera entree.
func purAnalytics(on ...string) func(f *rules.Facts) {
	return func(f *rules.Facts) { f.Cameras[cam].Analytics = devices.Of(on) }
}

// purRecord has camera entree record in one mode where the protocol says another.
func purRecord(wanted, mode string) func(f *rules.Facts) {
	return func(f *rules.Facts) {
		f.Protocol.Processing[0].Recording.Mode = wanted
		f.Cameras[cam].Recording = devices.Of(mode)
	}
}

// purLogKeeps has a log of badges that keeps fields.
func purLogKeeps(named []string, fields devices.Value[[]string]) func(f *rules.Facts) {
	return func(f *rules.Facts) {
		retOf(policy.SystemAccess, "P7D", "2026-05-01 10:00:00", "2026-05-02 10:00:00")(f)
		retExtra(f).DataCategories.Fields = named
		retMeasured(func(s *rules.Store) { s.Fields = fields })(f)
	}
}

// purConsent has a consent of January on video, in use from February.
func purConsent(change func(*policy.Consent)) func(f *rules.Facts) {
	return func(f *rules.Facts) {
		purGuide(policy.GuidelineWorksCouncil)(f)
		yes := true
		c := policy.Consent{ID: "c", Kind: policy.ConsentGiven, Given: &yes, Date: locDay(time.January, 10), Processings: []string{"video"}, Document: policy.Document{SHA256: conHash}, Covers: policy.ConsentCovers{Purpose: "sha256:a", OtherUse: "sha256:b"}}
		change(&c)
		f.Protocol.WorksCouncil.Consents = []policy.Consent{c}
		f.Protocol.Processing[0].FirstUse = locDay(time.February, 1)
	}
}

// purTracking adds a processing that tracks staff, under the HR article.
func purTracking(f *rules.Facts) {
	retHR(f)
	f.Protocol.Processing = append(f.Protocol.Processing, policy.Processing{ID: "extra", System: policy.SystemTracking})
	f.Sessions, f.Exports = devices.Of([]rules.Session{}), devices.Of([]rules.Export{})
}

func purExports(list ...rules.Export) func(f *rules.Facts) {
	return func(f *rules.Facts) {
		for i := range list {
			list[i].System = policy.SystemTracking
		}
		f.Exports = devices.Of(list)
	}
}

// purposesCases are the rows for the entries in catalogue_purposes.go.
func purposesCases() []ruleCase {
	const (
		followed  = "PUR-2/entree"
		main      = "PUR-3/video"
		counting  = "PUR-4/analytics/de-polder/entree"
		session   = "PUR-5/session/entree/s1"
		suspected = "PUR-7/session/s1"
		before    = "PUR-9/before/video"
		review    = "PUR-9/review/video"
		other     = "PUR-11/video"
		recording = "PUR-12/recording/de-polder/entree"
		fields    = "PUR-12/fields/de-polder/nvr"
	)
	keep := func(*policy.Consent) {}
	staff := func(v *rules.Session) { v.Staff = true }
	track := func(v *rules.Session) { v.Camera, v.System = "", policy.SystemTracking }
	open := rules.Case{ID: retCase, Incident: now.Add(-48 * time.Hour), Opened: now.Add(-24 * time.Hour), Reason: "theft"}
	council, union := purGuide(policy.GuidelineWorksCouncil), purGuide(policy.GuidelinePoliceUnion)
	live := func(minutes int, change func(*rules.Session)) func(f *rules.Facts) {
		return purLog(func(v *rules.Session) {
			v.Verb, v.Start = policy.VerbLive, now.Add(-3*time.Hour)
			v.End = v.Start.Add(time.Duration(minutes) * time.Minute)
			if change != nil {
				change(v)
			}
		})
	}
	badge := []string{"badge", "door", "time"}
	return locFromBare([]ruleCase{
		{"PUR-1", "purposes with an article", func(*rules.Facts) {}, "PUR-1/video", rules.Pass},
		{"PUR-1", "assumed by the file", func(f *rules.Facts) { f.Protocol.Processing[0].Purposes[1].Basis.All = policy.BasisAssumed }, "PUR-1/video", rules.Unproven},
		{"PUR-1", "assumed with the block around it", func(f *rules.Facts) {
			f.Protocol.Processing[0].Basis = policy.Basis{All: policy.BasisAssumed}
			f.Protocol.Processing[0].Purposes[1].Ref = ""
		}, "PUR-1/video", rules.Unproven},
		{"PUR-1", "an article outweighs the block", func(f *rules.Facts) { f.Protocol.Processing[0].Basis = policy.Basis{All: policy.BasisAssumed} }, "PUR-1/video", rules.Pass},
		{"PUR-1", "none", func(f *rules.Facts) { f.Protocol.Processing[0].Purposes = nil }, "PUR-1/video", rules.Fail},
		{"PUR-1", "not described", func(f *rules.Facts) { f.Protocol.Processing[0].Purposes[0].Text = "" }, "PUR-1/video", rules.Fail},

		{"PUR-2", "no access log", func(*rules.Facts) {}, "PUR-2", rules.Unproven},
		{"PUR-2", "nobody looked", func(f *rules.Facts) { f.Sessions = devices.Of([]rules.Session{}) }, "PUR-2", rules.Pass},
		{"PUR-2", "a look with a case", purLog(nil), "PUR-2", rules.Pass},
		{"PUR-2", "at an employee, with a case", purLog(staff), "PUR-2", rules.Pass},
		{"PUR-2", "at an employee, without a case", purLog(func(v *rules.Session) { v.Staff, v.Case = true, "" }), followed, rules.Fail},
		{"PUR-2", "without case, reason or ground", purLog(func(v *rules.Session) { v.Case, v.Reason = "", "" }), followed, rules.Unproven},
		{"PUR-2", "four times without a case", purOften(4, 24), "PUR-2", rules.Pass},
		{"PUR-2", "five times without a case", purOften(5, 24), followed, rules.Unproven},
		{"PUR-2", "five times in exactly four weeks", purOften(5, 7*24), followed, rules.Unproven},
		{"PUR-2", "five times in more than four weeks", purOften(5, 7*24+1), "PUR-2", rules.Pass},
		{"PUR-2", "settings are not pictures", purLog(func(v *rules.Session) { v.Verb, v.Case, v.Reason = policy.VerbConfigure, "", "" }), "PUR-2", rules.Pass},
		// Conflict 10: control of work is a purpose, or it is forbidden, or it is both.
		{"PUR-2", "control of work is a purpose", locWith(purAims(policy.AimSafety, policy.AimWorkControl), purLog(func(v *rules.Session) { v.Staff, v.Case = true, "" })), "PUR-2", rules.NotApplicable},
		{"PUR-2", "a purpose and forbidden", locWith(purAims(policy.AimSafety, policy.AimWorkControl), purForbid, purLog(func(v *rules.Session) { v.Staff, v.Case = true, "" })), followed, rules.Fail},
		{"PUR-4", "control of work is a purpose", locWith(purAims(policy.AimSafety, policy.AimWorkControl), purAnalytics("PeopleCounter")), "PUR-4/de-polder", rules.NotApplicable},
		{"PUR-4", "a purpose and forbidden", locWith(purAims(policy.AimSafety, policy.AimWorkControl), purForbid, purAnalytics("PeopleCounter")), counting, rules.Fail},
		{"PUR-3", "control of work is one of several purposes", locWith(union, purAims(policy.AimSafety, policy.AimWorkControl)), main, rules.Pass},

		{"PUR-3", "not adopted", purAims(policy.AimWorkControl), "PUR-3", rules.NotApplicable},
		{"PUR-3", "the only purpose", locWith(union, purAims(policy.AimWorkControl)), main, rules.Fail},
		{"PUR-3", "the only purpose, said twice", locWith(union, purAims(policy.AimWorkControl, policy.AimWorkControl)), main, rules.Fail},
		{"PUR-3", "the first of two", locWith(union, purAims(policy.AimWorkControl, policy.AimSafety)), main, rules.Unproven},
		{"PUR-3", "not said what a purpose aims at", locWith(union, purAims(policy.AimSafety, "")), main, rules.Unproven},
		{"PUR-3", "none at all", locWith(union, purAims()), main, rules.Unproven},
		{"PUR-3", "safety and goods", locWith(union, purAims(policy.AimSafety, policy.AimGoods)), main, rules.Pass},
		{"PUR-3", "the checker needs no aim", union, "PUR-3/lensdop", rules.Pass},

		{"PUR-4", "analytics not asked", func(*rules.Facts) {}, counting, rules.Unproven},
		{"PUR-4", "counting, and another camera was not asked", locWith(purAnalytics("PeopleCounter"), func(f *rules.Facts) { f.Cameras[0].Analytics = devices.Value[[]string]{} }), counting, rules.Fail},
		{"PUR-4", "counting, and another camera may control work", locWith(purAnalytics("PeopleCounter"), func(f *rules.Facts) {
			f.Protocol.Processing = append(f.Protocol.Processing, policy.Processing{ID: "control", Purposes: []policy.Purpose{{ID: "work", Text: "Work.", Aim: policy.AimWorkControl}}})
			f.Protocol.Cameras[0].Processing = "control"
		}), counting, rules.Fail},
		{"PUR-4", "none on, asked long ago", locWith(purAnalytics(), camAsked(-3*time.Hour)), counting, rules.Unproven},
		{"PUR-4", "none on", purAnalytics(), counting, rules.Pass},
		{"PUR-4", "motion alone", purAnalytics("tt:CellMotionEngine"), counting, rules.Pass},
		{"PUR-4", "counting", purAnalytics("tt:CellMotionEngine", "acme:PeopleCounting"), counting, rules.Fail},
		{"PUR-4", "heat map", purAnalytics("Heat Map"), counting, rules.Fail},
		{"PUR-4", "counting that the protocol names", locWith(purAnalytics("acme:PeopleCounting"), func(f *rules.Facts) { f.Protocol.Cameras[cam].Analytics = []string{"people-counting"} }), counting, rules.Pass},
		{"PUR-4", "no access log", func(*rules.Facts) {}, "PUR-4/live/de-polder", rules.Unproven},
		{"PUR-4", "an hour of live view", live(60, nil), "PUR-4/live/de-polder", rules.Pass},
		{"PUR-4", "over an hour", live(61, nil), "PUR-4/live/de-polder/entree/s1", rules.Unproven},
		{"PUR-4", "still looking", live(0, func(v *rules.Session) { v.End = time.Time{} }), "PUR-4/live/de-polder/entree/s1", rules.Unproven},
		{"PUR-4", "at an employee", live(5, func(v *rules.Session) { v.Staff, v.Case = true, "" }), "PUR-4/live/de-polder/entree/s1", rules.Fail},
		{"PUR-4", "at another site", live(90, func(v *rules.Session) { v.Site = "elsewhere" }), "PUR-4/live/de-polder", rules.Pass},

		{"PUR-5", "no access log", func(*rules.Facts) {}, "PUR-5/sessions", rules.Unproven},
		{"PUR-5", "nobody looked", func(f *rules.Facts) { f.Sessions = devices.Of([]rules.Session{}) }, "PUR-5/sessions", rules.Pass},
		{"PUR-5", "reason is a purpose", purLog(nil), "PUR-5/sessions", rules.Pass},
		{"PUR-5", "no reason", purLog(func(v *rules.Session) { v.Reason = "" }), session, rules.Fail},
		{"PUR-5", "reason in free words", purLog(func(v *rules.Session) { v.Reason = "a burglary" }), session, rules.Unproven},
		{"PUR-5", "ground that the protocol does not have", purLog(func(v *rules.Session) { v.Ground = "curiosity" }), session, rules.Fail},
		{"PUR-5", "ground that serves a purpose", locWith(purLog(func(v *rules.Session) { v.Ground = "crime" }), func(f *rules.Facts) {
			f.Protocol.Processing[0].Consultation = []policy.Use{{ID: "crime", Text: "x", Purpose: "evidence"}}
		}), "PUR-5/sessions", rules.Pass},
		{"PUR-5", "ground that serves none", locWith(purLog(func(v *rules.Session) { v.Ground = "nuisance" }), func(f *rules.Facts) {
			f.Protocol.Processing[0].Consultation = []policy.Use{{ID: "nuisance", Text: "x"}}
		}), session, rules.Fail},
		{"PUR-5", "which processing is not logged", purLog(func(v *rules.Session) { v.Camera = "" }), "PUR-5/session/s1", rules.Unproven},
		{"PUR-5", "a ground of the protocol serves no purpose", func(f *rules.Facts) {
			f.Protocol.Processing[0].Consultation = []policy.Use{{ID: "nuisance", Text: "x", Purpose: "gone"}}
		}, "PUR-5/use/nuisance/video", rules.Fail},
		{"PUR-5", "two sessions of one id", func(f *rules.Facts) {
			bad := func(v *rules.Session) { v.Reason = "" }
			f.Sessions = devices.Of([]rules.Session{purSession(bad), purSession(bad)})
		}, "PUR-5/session/entree/s1#2", rules.Fail},

		{"PUR-6", "not adopted", func(*rules.Facts) {}, "PUR-6", rules.NotApplicable},
		{"PUR-6", "no access log", locWith(purTracking, func(f *rules.Facts) { f.Sessions = devices.Value[[]rules.Session]{} }), "PUR-6/sessions", rules.Unproven},
		{"PUR-6", "no list of exports", locWith(purTracking, func(f *rules.Facts) { f.Exports = devices.Value[[]rules.Export]{} }), "PUR-6/exports", rules.Unproven},
		{"PUR-6", "nobody looked", purTracking, "PUR-6/sessions", rules.Pass},
		{"PUR-6", "nothing left", purTracking, "PUR-6/exports", rules.Pass},
		{"PUR-6", "a look at one employee without a case", locWith(purTracking, purLog(func(v *rules.Session) { track(v); v.Staff, v.Case = true, "" })), "PUR-6/session/s1", rules.Fail},
		{"PUR-6", "a look at one employee with a case", locWith(purTracking, purLog(func(v *rules.Session) { track(v); v.Staff = true })), "PUR-6/sessions", rules.Pass},
		{"PUR-6", "a look without a reason", locWith(purTracking, purLog(func(v *rules.Session) { track(v); v.Case, v.Reason = "", "" })), "PUR-6/session/s1", rules.Fail},
		{"PUR-6", "cameras are another matter", locWith(purTracking, purLog(func(v *rules.Session) { v.Case, v.Reason = "", "" })), "PUR-6/sessions", rules.Pass},
		{"PUR-6", "export of one person without a case", locWith(purTracking, purExports(rules.Export{ID: "e1", Person: true, Reason: "x"})), "PUR-6/export/e1", rules.Fail},
		{"PUR-6", "export of one person with a case", locWith(purTracking, purExports(rules.Export{ID: "e1", Person: true, Case: retCase})), "PUR-6/exports", rules.Pass},
		{"PUR-6", "export without a reason", locWith(purTracking, purExports(rules.Export{ID: "e1"})), "PUR-6/export/e1", rules.Fail},
		{"PUR-6", "two exports to one recipient", locWith(purTracking, purExports(rules.Export{Recipient: "hr", Reason: "x"}, rules.Export{Recipient: "hr", Reason: "x"})), "PUR-6/exports", rules.Pass},
		{"PUR-6", "three exports to one recipient", locWith(purTracking, purExports(rules.Export{Recipient: "hr", Reason: "x"}, rules.Export{Recipient: "hr", Reason: "x"}, rules.Export{Recipient: "hr", Reason: "x"})), "PUR-6/standing/track-and-trace/hr", rules.Unproven},

		{"PUR-7", "not adopted", func(*rules.Facts) {}, "PUR-7", rules.NotApplicable},
		{"PUR-7", "no access log", council, "PUR-7", rules.Unproven},
		{"PUR-7", "nobody looked at an employee", locWith(council, purLog(nil)), "PUR-7", rules.Pass},
		{"PUR-7", "without a case", locWith(council, purLog(func(v *rules.Session) { v.Staff, v.Case = true, "" })), suspected, rules.Fail},
		{"PUR-7", "under an open case", locWith(council, purLog(staff), purCases(open)), "PUR-7", rules.Pass},
		{"PUR-7", "no register of cases", locWith(council, purLog(staff)), suspected, rules.Unproven},
		{"PUR-7", "case does not exist", locWith(council, purLog(staff), purCases()), suspected, rules.Fail},
		{"PUR-7", "case states no suspicion", locWith(council, purLog(staff), purCases(rules.Case{ID: retCase})), suspected, rules.Fail},
		{"PUR-7", "case opened afterwards", locWith(council, purLog(staff), purCases(rules.Case{ID: retCase, Reason: "theft", Incident: now.Add(-24 * time.Hour), Opened: now.Add(-59 * time.Minute)})), suspected, rules.Fail},
		{"PUR-7", "case opened at that moment", locWith(council, purLog(staff), purCases(rules.Case{ID: retCase, Reason: "theft", Incident: now.Add(-24 * time.Hour), Opened: now.Add(-time.Hour)})), "PUR-7", rules.Pass},
		{"PUR-7", "case of an incident that nobody dated", locWith(council, purLog(staff), purCases(rules.Case{ID: retCase, Reason: "theft", Opened: now.Add(-2 * time.Hour)})), suspected, rules.Unproven},
		{"PUR-7", "case closed by then", locWith(council, purLog(staff), purCases(rules.Case{ID: retCase, Reason: "theft", Incident: now.Add(-24 * time.Hour), Closed: now.Add(-61 * time.Minute)})), suspected, rules.Fail},

		{"PUR-9", "before the start", purDPIA, before, rules.Pass},
		{"PUR-9", "on the first day", locWith(purDPIA, func(f *rules.Facts) { f.Protocol.Processing[0].DPIA.Date = locDay(time.February, 1) }), before, rules.Pass},
		{"PUR-9", "a day after the start", locWith(purDPIA, func(f *rules.Facts) { f.Protocol.Processing[0].DPIA.Date = locDay(time.February, 2) }), before, rules.Fail},
		{"PUR-9", "a camera was in use before", locWith(purDPIA, func(f *rules.Facts) { f.Protocol.Cameras[cam].FirstUse = locDay(time.January, 9) }), before, rules.Fail},
		{"PUR-9", "a camera was seen before", locWith(purDPIA, func(f *rules.Facts) {
			f.Inventory = devices.Of([]rules.Seen{{ID: "entree", Kind: "camera", First: now.AddDate(-1, 0, 0)}})
		}), before, rules.Fail},
		{"PUR-9", "a date that is assumed", locWith(purDPIA, func(f *rules.Facts) {
			f.Protocol.Processing[0].DPIA.Basis = policy.Basis{All: policy.BasisAssumed}
		}), before, rules.Unproven},
		{"PUR-9", "a date that is assumed, and a document", locWith(purDPIA, func(f *rules.Facts) {
			f.Protocol.Processing[0].DPIA.Basis = policy.Basis{Fields: map[string]string{"date": policy.BasisAssumed}}
			f.Protocol.Processing[0].DPIA.Document.SHA256 = policy.Hash("sha256:" + strings.Repeat("0", 64))
		}), before, rules.Pass},
		{"PUR-9", "no date", locWith(purDPIA, func(f *rules.Facts) { f.Protocol.Processing[0].DPIA.Date = policy.Date{} }), before, rules.Unproven},
		{"PUR-9", "a date to come", locWith(purDPIA, func(f *rules.Facts) { f.Protocol.Processing[0].DPIA.Date = locDay(time.March, 19) }), before, rules.Fail},
		{"PUR-9", "start unknown, no inventory", locWith(purDPIA, func(f *rules.Facts) { f.Protocol.Processing[0].FirstUse = policy.Date{} }), before, rules.Unproven},
		{"PUR-9", "start unknown, seen by nobody", locWith(purDPIA, func(f *rules.Facts) {
			f.Protocol.Processing[0].FirstUse = policy.Date{}
			f.Inventory = devices.Of([]rules.Seen{})
		}), before, rules.Unproven},
		{"PUR-9", "first use assumed", locWith(purDPIA, func(f *rules.Facts) {
			f.Protocol.Processing[0].Basis = policy.Basis{Fields: map[string]string{"first_use": policy.BasisAssumed}}
		}), before, rules.Unproven},
		{"PUR-9", "first use assumed, and seen on that day", locWith(purDPIA, func(f *rules.Facts) {
			f.Protocol.Processing[0].Basis = policy.Basis{Fields: map[string]string{"first_use": policy.BasisAssumed}}
			f.Inventory = devices.Of([]rules.Seen{{ID: "entree", Kind: "camera", First: dsrAt(2026, time.February, 1, 8, 0)}})
		}), before, rules.Pass},
		{"PUR-9", "not asked for", func(f *rules.Facts) { f.Protocol.Processing[0].DPIA = policy.DPIA{} }, before, rules.NotApplicable},
		{"PUR-9", "a guideline asks for it", locWith(union, func(f *rules.Facts) { f.Protocol.Processing[0].DPIA = policy.DPIA{} }), before, rules.Unproven},
		{"PUR-9", "review to come", purDPIA, review, rules.Pass},
		{"PUR-9", "review due today", locWith(purDPIA, func(f *rules.Facts) {
			f.Protocol.Processing[0].DPIA = policy.DPIA{Date: policy.Date{Year: 2023, Month: time.March, Day: 18}}
		}), review, rules.Pass},
		{"PUR-9", "review due yesterday", locWith(purDPIA, func(f *rules.Facts) {
			f.Protocol.Processing[0].DPIA = policy.DPIA{Date: policy.Date{Year: 2023, Month: time.March, Day: 17}}
		}), review, rules.Fail},
		{"PUR-9", "the protocol reviews every year", locWith(purDPIA, func(f *rules.Facts) {
			f.Protocol.Processing[0].DPIA = policy.DPIA{Date: policy.Date{Year: 2025, Month: time.March, Day: 17}, ReviewEvery: policy.Duration{Years: 1}}
		}), review, rules.Fail},

		{"PUR-10", "not adopted", func(*rules.Facts) {}, "PUR-10/de-polder", rules.NotApplicable},
		{"PUR-10", "services of the protocol", purCan, "PUR-10/services/de-polder/entree", rules.Pass},
		{"PUR-10", "a service more", locWith(purCan, func(f *rules.Facts) { f.Cameras[cam].Services = devices.Of([]string{"rtsp", policy.ServiceP2P}) }), "PUR-10/services/de-polder/entree", rules.Fail},
		{"PUR-10", "the protocol names no services", locWith(purCan, func(f *rules.Facts) {
			f.Protocol.Cameras[cam].Services, f.Protocol.CameraDefaults.Services = nil, nil
		}), "PUR-10/services/de-polder/entree", rules.Unproven},
		{"PUR-10", "the protocol allows none", locWith(purCan, func(f *rules.Facts) { f.Protocol.Cameras[cam].Services = []string{} }), "PUR-10/services/de-polder/entree", rules.Fail},
		{"PUR-10", "the defaults name them", locWith(purCan, func(f *rules.Facts) {
			f.Protocol.Cameras[cam].Services, f.Protocol.CameraDefaults.Services = nil, []string{policy.ServiceRTSP}
		}), "PUR-10/services/de-polder/entree", rules.Pass},
		{"PUR-10", "its device names them", locWith(purCan, func(f *rules.Facts) {
			f.Protocol.Cameras[cam].Services, f.Protocol.Cameras[cam].Device = nil, "box"
			f.Protocol.Devices = []policy.Device{{ID: "box", Services: []string{policy.ServiceHTTPS}}}
		}), "PUR-10/services/de-polder/entree", rules.Fail},
		{"PUR-10", "nothing is on", locWith(purCan, func(f *rules.Facts) {
			f.Protocol.Cameras[cam].Services, f.Cameras[cam].Services = nil, devices.Of([]string{})
		}), "PUR-10/services/de-polder/entree", rules.Pass},
		{"PUR-10", "services not read", locWith(purCan, func(f *rules.Facts) { f.Cameras[cam].Services = devices.Unreadable[[]string](errRead) }), "PUR-10/services/de-polder/entree", rules.Unproven},
		{"PUR-10", "services read long ago", locWith(purCan, camAsked(-3*time.Hour)), "PUR-10/services/de-polder/entree", rules.Unproven},
		{"PUR-10", "services that the device has no way to tell", locWith(purCan, func(f *rules.Facts) { f.Cameras[cam].Services = devices.NotSupported[[]string]() }), "PUR-10/services/de-polder/entree", rules.Unproven},
		{"PUR-10", "silent on peer-to-peer and the like", purCan, "PUR-10/services-untold/de-polder/entree", rules.Unproven},
		{"PUR-10", "nobody knows what was asked", locWith(purCan, func(f *rules.Facts) { f.Cameras[cam].ServicesAsked = nil }), "PUR-10/services-untold/de-polder/entree", rules.Unproven},
		{"PUR-10", "asked of every service", locWith(purCan, func(f *rules.Facts) { f.Cameras[cam].ServicesAsked = policy.Services() }), "PUR-10/services-untold/de-polder/entree", rules.Pass},
		{"PUR-10", "what may be on need not be asked", locWith(purCan, func(f *rules.Facts) { f.Protocol.Cameras[cam].Services = policy.Services() }), "PUR-10/services-untold/de-polder/entree", rules.Pass},
		{"PUR-10", "analytics read long ago", locWith(purCan, camAsked(-3*time.Hour)), "PUR-10/analytics/de-polder/entree", rules.Unproven},
		{"PUR-10", "turning read long ago", locWith(purCan, func(f *rules.Facts) { locPTZ(f, cam, devices.Of(false)) }, camAsked(-3*time.Hour)), "PUR-10/ptz/de-polder/entree", rules.Unproven},
		{"PUR-10", "analytics that the device has no way to tell", locWith(purCan, func(f *rules.Facts) { f.Cameras[cam].Analytics = devices.NotSupported[[]string]() }), "PUR-10/analytics/de-polder/entree", rules.Unproven},
		{"PUR-10", "analytics of the protocol", purCan, "PUR-10/analytics/de-polder/entree", rules.Pass},
		{"PUR-10", "the type is in the protocol, whatever the name", locWith(purCan, purAnalytics("Hall (CellMotionEngine)")), "PUR-10/analytics/de-polder/entree", rules.Pass},
		{"PUR-10", "the name is in the protocol, and hides another type", locWith(purCan, purAnalytics("CellMotionEngine (FaceDetector)")), "PUR-10/analytics/de-polder/entree", rules.Fail},
		{"PUR-10", "name and type are in the protocol", locWith(purCan, purAnalytics("Hall (FaceDetector)"), func(f *rules.Facts) { f.Protocol.Cameras[cam].Analytics = []string{"Hall (FaceDetector)"} }), "PUR-10/analytics/de-polder/entree", rules.Pass},
		{"PUR-10", "a type that is a part of another", locWith(purCan, purAnalytics("Hall (MyCellMotionEngine)")), "PUR-10/analytics/de-polder/entree", rules.Fail},
		{"PUR-10", "face recognition", locWith(purCan, purAnalytics("acme:FaceRecognition")), "PUR-10/analytics/de-polder/entree", rules.Fail},
		{"PUR-10", "a word within a name is not that name", locWith(purCan, purAnalytics("acme:FaceRecognition"), func(f *rules.Facts) { f.Protocol.Cameras[cam].Analytics = []string{"face"} }), "PUR-10/analytics/de-polder/entree", rules.Fail},
		{"PUR-10", "the processing names it", locWith(purCan, purAnalytics("acme:LineCrossing"), func(f *rules.Facts) { f.Protocol.Processing[0].DataCategories.Analytics = []string{"line-crossing"} }), "PUR-10/analytics/de-polder/entree", rules.Pass},
		{"PUR-10", "the protocol does not speak of analytics", locWith(purCan, func(f *rules.Facts) {
			f.Protocol.Cameras[cam].Analytics, f.Protocol.Processing[0].DataCategories.Analytics = nil, nil
		}), "PUR-10/analytics/de-polder/entree", rules.Unproven},
		{"PUR-10", "analytics not asked", council, "PUR-10/analytics/de-polder/entree", rules.Unproven},
		{"PUR-10", "cannot turn", locWith(purCan, func(f *rules.Facts) { locPTZ(f, cam, devices.Of(false)) }), "PUR-10/ptz/de-polder/entree", rules.Pass},
		{"PUR-10", "turns, not said", locWith(purCan, func(f *rules.Facts) { locPTZ(f, cam, devices.Of(true)) }), "PUR-10/ptz/de-polder/entree", rules.Unproven},
		{"PUR-10", "turns, called fixed", locWith(purCan, locFixed, func(f *rules.Facts) { locPTZ(f, cam, devices.Of(true)) }), "PUR-10/ptz/de-polder/entree", rules.Fail},
		{"PUR-10", "turns, as it may", locWith(purCan, func(f *rules.Facts) {
			f.Protocol.Cameras[cam].Type = policy.CameraPTZ
			locPTZ(f, cam, devices.Of(true))
		}), "PUR-10/ptz/de-polder/entree", rules.Pass},
		{"PUR-10", "turning not asked", locWith(purCan, func(f *rules.Facts) { locPTZ(f, cam, devices.Value[bool]{}) }), "PUR-10/ptz/de-polder/entree", rules.Unproven},

		{"PUR-11", "not adopted", func(*rules.Facts) {}, "PUR-11", rules.NotApplicable},
		{"PUR-11", "no consent", council, other, rules.Unproven},
		{"PUR-11", "covered", purConsent(keep), other, rules.Pass},
		{"PUR-11", "not covered", purConsent(func(c *policy.Consent) { c.Covers.OtherUse = "" }), other, rules.Fail},
		{"PUR-11", "what it covered is not recorded", purConsent(func(c *policy.Consent) { c.Covers = policy.ConsentCovers{} }), other, rules.Unproven},
		{"PUR-11", "withheld", purConsent(func(c *policy.Consent) { *c.Given = false }), other, rules.Fail},
		{"PUR-11", "annulled", purConsent(func(c *policy.Consent) { c.Annulled = locDay(time.March, 18) }), other, rules.Fail},
		{"PUR-11", "annulled from tomorrow", purConsent(func(c *policy.Consent) { c.Annulled = locDay(time.March, 19) }), other, rules.Pass},
		{"PUR-11", "not said whether given", purConsent(func(c *policy.Consent) { c.Given = nil }), other, rules.Unproven},
		{"PUR-11", "no date", purConsent(func(c *policy.Consent) { c.Date = policy.Date{} }), other, rules.Unproven},
		{"PUR-11", "on the first day", purConsent(func(c *policy.Consent) { c.Date = locDay(time.February, 1) }), other, rules.Pass},
		{"PUR-11", "after the first day", purConsent(func(c *policy.Consent) { c.Date = locDay(time.February, 2) }), other, rules.Fail},
		{"PUR-11", "about something else", purConsent(func(c *policy.Consent) { c.Processings = []string{"badge"} }), other, rules.Unproven},
		{"PUR-11", "no document", purConsent(func(c *policy.Consent) { c.Document = policy.Document{} }), other, rules.Unproven},
		{"PUR-11", "one of two covers it", locWith(purConsent(func(c *policy.Consent) { c.Covers.OtherUse = "" }), func(f *rules.Facts) {
			second := f.Protocol.WorksCouncil.Consents[0]
			second.ID, second.Covers.OtherUse = "d", "sha256:b"
			f.Protocol.WorksCouncil.Consents = append(f.Protocol.WorksCouncil.Consents, second)
		}), other, rules.Pass},

		{"PUR-12", "recording not asked", func(*rules.Facts) {}, recording, rules.Unproven},
		{"PUR-12", "records, and may always", purRecord(policy.RecordContinuous, rules.RecordsSomehow), recording, rules.Pass},
		{"PUR-12", "records, and may never", purRecord(policy.RecordNever, rules.RecordsSomehow), recording, rules.Fail},
		{"PUR-12", "records, and may on motion", purRecord(policy.RecordMotion, rules.RecordsSomehow), recording, rules.Unproven},
		{"PUR-12", "records, and the protocol does not say", purRecord("", rules.RecordsSomehow), recording, rules.Unproven},
		{"PUR-12", "records not, asked long ago", locWith(purRecord(policy.RecordMotion, policy.RecordNever), camAsked(-3*time.Hour)), recording, rules.Unproven},
		{"PUR-12", "a recording of an unknown lens", func(f *rules.Facts) {
			f.Cameras[cam].Recording = devices.Unreadable[string](errors.New(rules.WhyUnclaimed))
		}, recording, rules.Unproven},
		{"PUR-12", "has no way to tell", func(f *rules.Facts) { f.Cameras[cam].Recording = devices.NotSupported[string]() }, recording, rules.Unproven},
		{"PUR-12", "as the protocol says", purRecord(policy.RecordMotion, policy.RecordMotion), recording, rules.Pass},
		{"PUR-12", "less", purRecord(policy.RecordMotion, policy.RecordIncident), recording, rules.Pass},
		{"PUR-12", "continuous where motion is allowed", purRecord(policy.RecordMotion, policy.RecordContinuous), recording, rules.Fail},
		{"PUR-12", "continuous as allowed", purRecord(policy.RecordContinuous, policy.RecordContinuous), recording, rules.Pass},
		{"PUR-12", "anything where nothing may be", purRecord(policy.RecordNever, policy.RecordButton), recording, rules.Fail},
		{"PUR-12", "off where the protocol does not say", purRecord("", policy.RecordNever), recording, rules.Pass},
		{"PUR-12", "on where the protocol does not say", purRecord("", policy.RecordMotion), recording, rules.Unproven},
		{"PUR-12", "in a mode that nobody knows", purRecord(policy.RecordContinuous, "turbo"), recording, rules.Unproven},
		{"PUR-12", "recorder runs on", locWith(func(f *rules.Facts) {
			f.Protocol.Processing[0].Recording.Mode = policy.RecordIncident
			retStore(f, policy.StoreRecorder, "video", rules.Store{Mode: devices.Of(policy.RecordContinuous)})
		}), "PUR-12/mode/de-polder/nvr", rules.Fail},
		{"PUR-12", "mode of the recorder not read", func(f *rules.Facts) { retStore(f, policy.StoreRecorder, "video", rules.Store{}) }, "PUR-12/mode/de-polder/nvr", rules.Unproven},
		{"PUR-12", "store not examined", func(f *rules.Facts) {
			retStore(f, policy.StoreRecorder, "video", rules.Store{})
			f.Stores = devices.Of([]rules.Store{})
		}, "PUR-12/stores/de-polder/nvr", rules.Unproven},
		{"PUR-12", "fields of the protocol", purLogKeeps(badge, devices.Of([]string{"Badge", "time"})), fields, rules.Pass},
		{"PUR-12", "a field more", purLogKeeps(badge, devices.Of([]string{"badge", "name"})), fields, rules.Fail},
		{"PUR-12", "the protocol names no fields", purLogKeeps(nil, devices.Of([]string{"badge"})), fields, rules.Unproven},
		{"PUR-12", "fields of the reader count", locWith(purLogKeeps(nil, devices.Of([]string{"badge"})), func(f *rules.Facts) {
			f.Protocol.Readers = []policy.Reader{{ID: "r", Site: site, Processing: "extra", Keeps: []string{"badge"}}}
		}), fields, rules.Pass},
		{"PUR-12", "fields not read", purLogKeeps(badge, devices.Unreadable[[]string](errRead)), fields, rules.Unproven},
	})
}

// No finding on consultations names the account that looked.
func TestPurposesNameNobody(t *testing.T) {
	for _, c := range slices.Concat(purposesCases(), retentionCases()) {
		f := world(t, c.rule)
		c.change(&f)
		for _, g := range rules.EvaluateOnly(f, c.rule) {
			words := fmt.Sprintf("%+v", g)
			if strings.Contains(words, "secret-account") {
				t.Fatalf("%s %s: %s names an account", c.rule, c.name, g.ID)
			}
		}
	}
}
