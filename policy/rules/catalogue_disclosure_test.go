package rules_test

import (
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

// accExport hands over what the protocol foresees: to the police, on indication
// of the manager.
func accExport(change func(e *rules.Export)) func(*rules.Facts) {
	return func(f *rules.Facts) {
		accByIncident(f)
		for i := range f.Protocol.Processing {
			f.Protocol.Processing[i].Recipients = nil
		}
		f.Protocol.Processing[0].Recipients = []policy.Recipient{{ID: "police", OnRequestOf: []string{"manager"}, Origin: policy.Origin{Ref: "Art. 4.3"}}, {ID: "court"}}
		e := rules.Export{ID: "e1", At: now.Add(-time.Hour), Camera: "entree", Recipient: "police", Reason: "theft", Requester: "manager", Case: "i1", SHA256: "sha256:00"}
		if change != nil {
			change(&e)
		}
		f.Exports = devices.Of([]rules.Export{e})
	}
}

func accNoExports(why error) func(*rules.Facts) {
	return accThen(accExport(nil), func(f *rules.Facts) { f.Exports = devices.Unreadable[[]rules.Export](why) })
}

// accReport has the yearly report of 2025 due before 1 February 2026.
func accReport(change func(f *rules.Facts)) func(*rules.Facts) {
	return func(f *rules.Facts) {
		accByChief(f)
		f.Protocol.Metadata.Effective = policy.Effective{Date: policy.Date{Year: 2020, Month: time.June, Day: 1}}
		f.Protocol.Logging = policy.Logging{
			AccessLog:    policy.AccessLog{Retention: policy.Duration{Months: 18}},
			YearlyReport: policy.YearlyReport{To: []string{"boc"}},
		}
		accSent(time.Date(2026, time.January, 20, 9, 0, 0, 0, time.UTC), "boc")(f)
		if change != nil {
			change(f)
		}
	}
}

func accSent(at time.Time, to ...string) func(*rules.Facts) {
	return func(f *rules.Facts) { f.Reports = devices.Of([]rules.Report{{Year: 2025, Sent: at, To: to}}) }
}

// disclosureCases are the rows for the entries in catalogue_disclosure.go.
func disclosureCases() []ruleCase {
	date := func(y int, m time.Month, d int) policy.Date { return policy.Date{Year: y, Month: m, Day: d} }
	// Midnight between 31 January and 1 February in Amsterdam.
	late := time.Date(2026, time.January, 31, 23, 0, 0, 0, time.UTC)
	return []ruleCase{
		{"DIS-1", "on indication of the manager", accExport(nil), "DIS-1/exports", rules.Pass},
		{"DIS-1", "nothing handed over", accThen(accExport(nil), func(f *rules.Facts) { f.Exports = devices.Of([]rules.Export{}) }), "DIS-1/exports", rules.Pass},
		{"DIS-1", "on indication of another", accExport(func(e *rules.Export) { e.Requester = "secretary" }), "DIS-1/export/entree/e1", rules.Fail},
		{"DIS-1", "on nobody's indication", accExport(func(e *rules.Export) { e.Requester = "" }), "DIS-1/export/entree/e1", rules.Fail},
		{"DIS-1", "no reason", accExport(func(e *rules.Export) { e.Reason = "" }), "DIS-1/export/entree/e1", rules.Fail},
		{"DIS-1", "no investigation", accExport(func(e *rules.Export) { e.Case = "" }), "DIS-1/export/entree/e1", rules.Fail},
		{"DIS-1", "no hash", accExport(func(e *rules.Export) { e.SHA256 = "" }), "DIS-1/export/entree/e1", rules.Fail},
		{"DIS-1", "an export without an id", accExport(func(e *rules.Export) { e.ID, e.Reason = "", "" }), "DIS-1/export/entree/2026-03-18T11:00:00Z", rules.Fail},
		{"DIS-1", "to a recipient for whom anybody who may export can ask", accExport(func(e *rules.Export) { e.Recipient, e.Requester = "court", "secretary" }), "DIS-1/exports", rules.Pass},
		{"DIS-1", "the same, by one who may not", accExport(func(e *rules.Export) { e.Recipient, e.Requester = "court", "dpo" }), "DIS-1/export/entree/e1", rules.Fail},
		{"DIS-1", "the same, nobody may by the protocol", accThen(accExport(func(e *rules.Export) { e.Recipient = "court" }), func(f *rules.Facts) { f.Protocol.Permissions = nil }), "DIS-1/export/entree/e1", rules.Unproven},
		{"DIS-1", "no log", accNoExports(errRead), "DIS-1/exports", rules.Unproven},

		{"DIS-2", "to the police", accExport(nil), "DIS-2/exports", rules.Pass},
		{"DIS-2", "to somebody else", accExport(func(e *rules.Export) { e.Recipient = "press" }), "DIS-2/export/entree/e1", rules.Fail},
		{"DIS-2", "to nobody known", accExport(func(e *rules.Export) { e.Recipient = "" }), "DIS-2/export/entree/e1", rules.Fail},
		{"DIS-2", "to the police, out of another processing", accExport(func(e *rules.Export) { e.Camera, e.System = "", policy.SystemCalls }), "DIS-2/export/e1", rules.Fail},
		{"DIS-2", "to the police, out of the cameras' system", accExport(func(e *rules.Export) { e.Camera, e.System = "", policy.SystemCameras }), "DIS-2/exports", rules.Pass},
		{"DIS-2", "to the police, out of which system is not stated", accExport(func(e *rules.Export) { e.Camera, e.System = "", "" }), "DIS-2/exports", rules.Pass},
		{"DIS-2", "recipients listed", accExport(nil), "DIS-2/recipients/video", rules.Pass},
		{"DIS-2", "no recipients listed", accThen(accExport(nil), func(f *rules.Facts) { f.Protocol.Processing[0].Recipients = nil }), "DIS-2/recipients/video", rules.Unproven},
		{"DIS-2", "no log", accNoExports(errRead), "DIS-2/exports", rules.Unproven},

		{"LOG-1", "sent", accReport(nil), "LOG-1/report", rules.Pass},
		{"LOG-1", "sent a second before the end of January", accReport(accSent(late.Add(-time.Second), "boc")), "LOG-1/report", rules.Pass},
		{"LOG-1", "sent as January ended", accReport(accSent(late, "boc")), "LOG-1/report", rules.Fail},
		{"LOG-1", "not sent", accReport(func(f *rules.Facts) {
			f.Reports = devices.Of([]rules.Report{{Year: 2024, Sent: now, To: []string{"boc"}}})
		}), "LOG-1/report", rules.Fail},
		{"LOG-1", "sent to another", accReport(accSent(late.Add(-time.Hour), "council")), "LOG-1/report", rules.Fail},
		{"LOG-1", "sent after now", accReport(func(f *rules.Facts) {
			f.Protocol.Logging.YearlyReport.By = "--03-31"
			f.Now = time.Date(2026, time.April, 5, 0, 0, 0, 0, time.UTC)
			accSent(f.Now.Add(time.Second), "boc")(f)
		}), "LOG-1/report", rules.Unproven},
		{"LOG-1", "to whom is not said", accReport(func(f *rules.Facts) { f.Protocol.Logging.YearlyReport.To = nil }), "LOG-1/report", rules.Unproven},
		{"LOG-1", "not due yet, the one before was sent", accReport(func(f *rules.Facts) {
			f.Protocol.Logging.YearlyReport.By = "--03-31"
			f.Reports = devices.Of([]rules.Report{{Year: 2024, Sent: time.Date(2025, time.March, 1, 0, 0, 0, 0, time.UTC), To: []string{"boc"}}})
		}), "LOG-1/report", rules.Pass},
		{"LOG-1", "not due yet, the one before was not sent", accReport(func(f *rules.Facts) {
			f.Protocol.Logging.YearlyReport.By = "--03-31"
			f.Reports = devices.Of([]rules.Report{})
		}), "LOG-1/report", rules.Fail},
		{"LOG-1", "the file says when it was sent", accReport(func(f *rules.Facts) {
			f.Reports = devices.Value[[]rules.Report]{}
			f.Protocol.Logging.YearlyReport.Last = date(2026, time.January, 31)
		}), "LOG-1/report", rules.Unproven},
		{"LOG-1", "the file says when it was sent, the register of reports does not have it", accReport(func(f *rules.Facts) {
			f.Reports = devices.Of([]rules.Report{})
			f.Protocol.Logging.YearlyReport.Last = date(2026, time.January, 31)
		}), "LOG-1/report", rules.Unproven},
		{"LOG-1", "the file says when it was sent, and so does the register", accReport(func(f *rules.Facts) { f.Protocol.Logging.YearlyReport.Last = date(2026, time.January, 20) }), "LOG-1/report", rules.Pass},
		{"LOG-1", "the file says that it was late", accReport(func(f *rules.Facts) { f.Protocol.Logging.YearlyReport.Last = date(2026, time.February, 1) }), "LOG-1/report", rules.Fail},
		{"LOG-1", "a day that is none", accReport(func(f *rules.Facts) { f.Protocol.Logging.YearlyReport.By = "January" }), "LOG-1/report", rules.Unproven},
		{"LOG-1", "a protocol of this year", accReport(func(f *rules.Facts) { f.Protocol.Metadata.Effective.Date = date(2026, time.January, 1) }), "LOG-1/report", rules.NotApplicable},
		{"LOG-1", "no register", accReport(func(f *rules.Facts) { f.Reports = devices.Value[[]rules.Report]{} }), "LOG-1/report", rules.Unproven},
		{"LOG-1", "log kept long enough", accReport(nil), "LOG-1/log", rules.Pass},
		{"LOG-1", "log kept 13 months, to the day", accReport(func(f *rules.Facts) { f.Protocol.Logging.AccessLog.Retention = policy.Duration{Months: 13} }), "LOG-1/log", rules.Pass},
		{"LOG-1", "log kept a year", accReport(func(f *rules.Facts) { f.Protocol.Logging.AccessLog.Retention = policy.Duration{Years: 1} }), "LOG-1/log", rules.Fail},
		{"LOG-1", "how long is not said", accReport(func(f *rules.Facts) { f.Protocol.Logging.AccessLog.Retention = policy.Duration{} }), "LOG-1/log", rules.Unproven},
	}
}
