package sim

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// stopwatch is a clock that the test turns.
type stopwatch struct{ ms atomic.Int64 }

func (s *stopwatch) now() time.Time             { return time.UnixMilli(1_800_000_000_000 + s.ms.Load()).UTC() }
func (s *stopwatch) pass(d time.Duration)       { s.ms.Add(d.Milliseconds()) }
func (s *stopwatch) ago(d time.Duration) string { return utc(s.now().Add(-d)) }

func setRetention(token, retention string) string {
	return `<trc:SetRecordingConfiguration><trc:RecordingToken>` + token + `</trc:RecordingToken><trc:RecordingConfiguration>` +
		`<tt:Source><tt:SourceId>urn:x</tt:SourceId><tt:Name>n</tt:Name><tt:Location/><tt:Description/><tt:Address/></tt:Source>` +
		`<tt:Content>c</tt:Content><tt:MaximumRetentionTime>` + retention + `</tt:MaximumRetentionTime></trc:RecordingConfiguration></trc:SetRecordingConfiguration>`
}

func jobMode(token, mode string) string {
	return `<trc:SetRecordingJobMode><trc:JobToken>` + token + `</trc:JobToken><trc:Mode>` + mode + `</trc:Mode></trc:SetRecordingJobMode>`
}

func TestRecordings(t *testing.T) {
	var clock stopwatch
	d := start(t, Camera{Host: "127.0.0.91", Lenses: 2, Sound: true, Clock: clock.now, Recorder: &Recorder{Retention: 30 * 24 * time.Hour, Reach: 40 * 24 * time.Hour}})
	a := ask(t, d)
	a.when = clock.now
	const day = 24 * time.Hour

	got := a.ok(recordingService, `<trc:GetRecordings/>`)
	for _, want := range []string{
		`<trc:RecordingItem><tt:RecordingToken>recording_1</tt:RecordingToken><tt:Configuration><tt:Source><tt:SourceId>`,
		`<tt:MaximumRetentionTime>P30D</tt:MaximumRetentionTime></tt:Configuration><tt:Tracks><tt:Track><tt:TrackToken>VIDEO001<`,
		`<tt:TrackType>Audio</tt:TrackType>`, `>recording_2<`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	summary := func(from, until string) {
		t.Helper()
		got := a.ok(searchService, `<tse:GetRecordingSummary/>`)
		want := `<tt:DataFrom>` + from + `</tt:DataFrom><tt:DataUntil>` + until + `</tt:DataUntil><tt:NumberRecordings>2</tt:NumberRecordings>`
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	summary(clock.ago(30*day), clock.ago(0))
	clock.pass(day)
	summary(clock.ago(30*day), clock.ago(0))

	a.ok(recordingService, setRetention("recording_1", "P7D"))
	if got := a.ok(recordingService, `<trc:GetRecordingConfiguration><trc:RecordingToken>recording_1</trc:RecordingToken></trc:GetRecordingConfiguration>`); !strings.Contains(got, "<tt:MaximumRetentionTime>P7D<") {
		t.Error(got)
	}
	info := func(token string) string {
		t.Helper()
		return a.ok(searchService, `<tse:GetRecordingInformation><tse:RecordingToken>`+token+`</tse:RecordingToken></tse:GetRecordingInformation>`)
	}
	if got := info("recording_1"); !strings.Contains(got, `<tt:EarliestRecording>`+clock.ago(7*day)+`</tt:EarliestRecording><tt:LatestRecording>`+clock.ago(0)) {
		t.Error(got)
	}
	summary(clock.ago(30*day), clock.ago(0)) // the other lens
	// What was deleted does not come back.
	a.ok(recordingService, setRetention("recording_1", "PT0S"))
	clock.pass(day)
	if got := info("recording_1"); !strings.Contains(got, `<tt:EarliestRecording>`+clock.ago(8*day)) || !strings.Contains(got, "<tt:RecordingStatus>Recording<") {
		t.Error(got)
	}

	a.ok(recordingService, jobMode("job_1", "Idle"))
	stopped := clock.ago(0)
	clock.pass(time.Hour)
	if got := info("recording_1"); !strings.Contains(got, `<tt:LatestRecording>`+stopped) || !strings.Contains(got, "<tt:RecordingStatus>Stopped<") {
		t.Error(got)
	}
	got = a.ok(recordingService, `<trc:GetRecordingJobState><trc:JobToken>job_1</trc:JobToken></trc:GetRecordingJobState>`)
	if !strings.Contains(got, `<trc:State><tt:RecordingToken>recording_1</tt:RecordingToken><tt:State>Idle</tt:State><tt:Sources><tt:SourceToken Type="`) {
		t.Error(got)
	}
	if got := a.ok(recordingService, `<trc:GetRecordingJobs/>`); strings.Count(got, "<tt:Mode>Idle<") != 1 || strings.Count(got, "<tt:Mode>Active<") != 1 {
		t.Error(got)
	}
	// An idle recording runs empty.
	a.ok(recordingService, setRetention("recording_1", "PT30M"))
	if got := info("recording_1"); strings.Contains(got, "EarliestRecording") {
		t.Error(got)
	}
	a.ok(recordingService, jobMode("job_1", "Active"))
	clock.pass(time.Minute)
	if got := info("recording_1"); !strings.Contains(got, `<tt:EarliestRecording>`+clock.ago(time.Minute)) {
		t.Error(got)
	}

	for body, want := range map[string]string{
		setRetention("recording_1", "P1M"):                          "ter:BadConfiguration",
		setRetention("recording_1", "-P1D"):                         "ter:BadConfiguration",
		setRetention("recording_9", "P1D"):                          "ter:NoRecording",
		jobMode("job_9", "Idle"):                                    "ter:NoRecordingJob",
		jobMode("job_1", "idle"):                                    "ter:BadMode",
		strings.ReplaceAll(setRetention("r", "P1D"), "tt:", "trc:"): "ter:TagMismatch",
	} {
		a.fault(recordingService, body, want)
	}
}

func TestRecordingFaults(t *testing.T) {
	var clock stopwatch
	d := start(t, Camera{Host: "127.0.0.92", Clock: clock.now, Recorder: &Recorder{Reach: 100 * time.Hour}})
	a := ask(t, d)
	a.when = clock.now
	setFault(t, d, FaultRetentionIgnored, true)
	a.ok(recordingService, setRetention("recording_1", "PT1H"))
	r, err := d.RecordingOf(1)
	if err != nil || r.Retention != time.Hour || clock.now().Sub(r.Oldest) != 100*time.Hour {
		t.Errorf("%+v, %v", r, err)
	}
	setFault(t, d, FaultRecordingNotStopped, true)
	a.ok(recordingService, jobMode("job_1", "Idle"))
	clock.pass(time.Hour)
	if r, err = d.RecordingOf(1); err != nil || r.Active || !r.Records || !r.Newest.Equal(clock.now()) {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := d.RecordingOf(2); err == nil {
		t.Error("a second lens has a recording")
	}
}

func TestFindRecordings(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.93", Lenses: 3, Recorder: &Recorder{}})
	a := ask(t, d)
	find := func(scope string) string {
		t.Helper()
		got := a.ok(searchService, `<tse:FindRecordings><tse:Scope>`+scope+`</tse:Scope><tse:KeepAliveTime>PT10S</tse:KeepAliveTime></tse:FindRecordings>`)
		_, after, _ := strings.Cut(got, "<tse:SearchToken>")
		token, _, _ := strings.Cut(after, "<")
		return token
	}
	results := func(token string) string {
		t.Helper()
		return a.ok(searchService, `<tse:GetRecordingSearchResults><tse:SearchToken>`+token+`</tse:SearchToken><tse:MaxResults>2</tse:MaxResults></tse:GetRecordingSearchResults>`)
	}
	all := find("")
	if got := results(all); strings.Count(got, "<tt:RecordingInformation>") != 2 || !strings.Contains(got, "<tse:ResultList><tt:SearchState>Searching<") {
		t.Error(got)
	}
	if got := results(all); strings.Count(got, "<tt:RecordingInformation>") != 1 || !strings.Contains(got, "Completed") {
		t.Error(got)
	}
	if got := results(find(`<tt:IncludedRecordings>recording_3</tt:IncludedRecordings>`)); strings.Count(got, "<tt:RecordingInformation>") != 1 || !strings.Contains(got, "recording_3") {
		t.Error(got)
	}
	end := `<tse:EndSearch><tse:SearchToken>` + all + `</tse:SearchToken></tse:EndSearch>`
	a.ok(searchService, end)
	a.fault(searchService, end, "ter:InvalidToken")
	for range maxSearches - 1 {
		find("")
	}
	a.fault(searchService, `<tse:FindRecordings><tse:Scope/><tse:KeepAliveTime>PT10S</tse:KeepAliveTime></tse:FindRecordings>`, "ter:ResourceProblem")
}

func TestImaging(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.94", Overlay: OverlayNone, Lenses: 2})
	a := ask(t, d)
	set := func(parts string) string {
		return `<timg:SetImagingSettings><timg:VideoSourceToken>source_1</timg:VideoSourceToken><timg:ImagingSettings>` + parts + `</timg:ImagingSettings></timg:SetImagingSettings>`
	}
	get := func() string {
		t.Helper()
		return a.ok(imagingService, `<timg:GetImagingSettings><timg:VideoSourceToken>source_1</timg:VideoSourceToken></timg:GetImagingSettings>`)
	}
	before := brightness(picture(t, d))
	if got := get(); !strings.Contains(got, "<tt:Brightness>50</tt:Brightness>") || !strings.Contains(got, "<tt:IrCutFilter>AUTO<") {
		t.Error(got)
	}
	a.ok(imagingService, set(`<tt:Brightness>30</tt:Brightness><tt:IrCutFilter>OFF</tt:IrCutFilter>`))
	if got := get(); !strings.Contains(got, "<tt:Brightness>30<") || !strings.Contains(got, "<tt:Contrast>50<") || !strings.Contains(got, "<tt:IrCutFilter>OFF<") {
		t.Error(got)
	}
	if after := brightness(picture(t, d)); after > before-25 {
		t.Errorf("brightness was %.0f and is %.0f", before, after)
	}
	a.fault(imagingService, set(`<tt:Brightness>101</tt:Brightness>`), "ter:SettingsInvalid")
	a.fault(imagingService, set(`<tt:IrCutFilter>off</tt:IrCutFilter>`), "ter:SettingsInvalid")
	a.fault(imagingService, set(`<tt:IrCutFilter>ON</tt:IrCutFilter><tt:Brightness>1</tt:Brightness>`), "ter:TagMismatch")
	a.fault(imagingService, strings.Replace(set(""), "source_1", "source_3", 1), "ter:NoSource")
	if got := a.ok(imagingService, `<timg:GetOptions><timg:VideoSourceToken>source_2</timg:VideoSourceToken></timg:GetOptions>`); strings.Count(got, "IrCutFilterModes>") != 6 {
		t.Error(got)
	}
}

func TestAnalytics(t *testing.T) {
	d := start(t, Camera{
		Host: "127.0.0.95", Lenses: 2,
		Analytics: []Module{{"MyMotion", "CellMotionEngine", []Parameter{{"Sensitivity", "60"}}}, {"Faces", "FaceDetector", nil}},
		Rules:     []Module{{"Line", "LineDetector", nil}},
	})
	a := ask(t, d)
	ask := func(op, token string) string {
		return `<tan:` + op + `><tan:ConfigurationToken>` + token + `</tan:ConfigurationToken></tan:` + op + `>`
	}
	got := a.ok(analyticsService, ask("GetAnalyticsModules", "vac_2"))
	if !strings.Contains(got, `<tan:AnalyticsModule Name="MyMotion" Type="tt:CellMotionEngine"><tt:Parameters><tt:SimpleItem Name="Sensitivity" Value="60"/></tt:Parameters></tan:AnalyticsModule><tan:AnalyticsModule Name="Faces"`) {
		t.Error(got)
	}
	if got := a.ok(analyticsService, ask("GetRules", "vac_1")); !strings.Contains(got, `<tan:Rule Name="Line" Type="tt:LineDetector">`) {
		t.Error(got)
	}
	if got := a.ok(analyticsService, ask("GetSupportedRules", "vac_1")); !strings.Contains(got, `<tt:RuleDescription Name="tt:LineDetector">`) {
		t.Error(got)
	}
	a.fault(analyticsService, ask("GetRules", "vac_3"), "ter:NoConfig")
	for path, body := range map[string]string{mediaService: `<trt:GetProfiles/>`, media2Service: `<tr2:GetProfiles><tr2:Type>Analytics</tr2:Type></tr2:GetProfiles>`} {
		if got := a.ok(path, body); !strings.Contains(got, `token="vac_2"`) || !strings.Contains(got, `<tt:AnalyticsModule Name="Faces"`) {
			t.Error(got)
		}
	}
}
