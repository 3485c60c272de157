package onvif

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// fakeRecorder is the part of a device that records: two recordings of two
// lenses, each written by a job.
type fakeRecorder struct {
	f     *fake
	items []fakeRecording
	jobs  []fakeJob
	// states are what GetRecordingJobState says, by job; else the mode.
	states map[string]string
	// keeps changes a duration that is written.
	keeps func(string) string
	sets  []string
	info  map[string]string // RecordingInformation, by recording
	sum   string            // Summary
}

type fakeRecording struct{ token, source, retention, extra string }

type fakeJob struct{ token, recording, mode, source string }

func profileSource(token string) string {
	return `<tt:SourceToken Type="http://www.onvif.org/ver10/schema/Profile"><tt:Token>` + token + `</tt:Token></tt:SourceToken>`
}

func newRecorder(t *testing.T) *fakeRecorder {
	f := newFake(t)
	f.sources = []string{"VS1", "VS2"}
	f.configs = []fakeConfig{{"VSC1", "VS1", 0, 0, 1920, 1080}, {"VSC2", "VS2", 0, 0, 1920, 1080}}
	f.services = [][2]string{{nsRecord, "recording"}, {nsSearch, "search"}}
	r := &fakeRecorder{
		f: f, states: map[string]string{}, info: map[string]string{},
		items: []fakeRecording{{"R1", "", "PT720H", ""}, {"R2", "", "PT0S", ""}},
		jobs:  []fakeJob{{"J1", "R1", "Active", profileSource("P1")}, {"J2", "R2", "Active", profileSource("P2")}},
	}
	f.more["trc:GetRecordings"] = func(string) string {
		s := ""
		for _, i := range r.items {
			time := `<tt:MaximumRetentionTime>` + i.retention + `</tt:MaximumRetentionTime>`
			if i.retention == "" {
				time = ""
			}
			s += `<trc:RecordingItem><tt:RecordingToken>` + i.token + `</tt:RecordingToken><tt:Configuration>` +
				`<tt:Source><tt:SourceId>` + i.source + `</tt:SourceId><tt:Name>Caméra &amp; co</tt:Name><tt:Location/><tt:Description/><tt:Address/></tt:Source>` +
				`<tt:Content>all</tt:Content>` + time + i.extra + `</tt:Configuration>` +
				`<tt:Tracks><tt:Track><tt:TrackToken>V</tt:TrackToken><tt:Configuration><tt:TrackType>Video</tt:TrackType><tt:Description/></tt:Configuration></tt:Track>` +
				`<tt:Track><tt:TrackToken>A</tt:TrackToken><tt:Configuration><tt:TrackType>Audio</tt:TrackType><tt:Description/></tt:Configuration></tt:Track></tt:Tracks></trc:RecordingItem>`
		}
		return `<trc:GetRecordingsResponse>` + s + `</trc:GetRecordingsResponse>`
	}
	f.more["trc:SetRecordingConfiguration"] = func(body string) string {
		for i := range r.items {
			if r.items[i].token != text(body, "RecordingToken") {
				continue
			}
			v := text(body, "MaximumRetentionTime")
			r.sets = append(r.sets, r.items[i].token+" "+v)
			if r.keeps != nil {
				v = r.keeps(v)
			}
			r.items[i].retention = v
			return `<trc:SetRecordingConfigurationResponse/>`
		}
		return ""
	}
	f.more["trc:GetRecordingJobs"] = func(string) string {
		s := ""
		for _, j := range r.jobs {
			s += `<trc:JobItem><tt:JobToken>` + j.token + `</tt:JobToken><tt:JobConfiguration><tt:RecordingToken>` + j.recording +
				`</tt:RecordingToken><tt:Mode>` + j.mode + `</tt:Mode><tt:Priority>1</tt:Priority><tt:Source>` + j.source + `</tt:Source></tt:JobConfiguration></trc:JobItem>`
		}
		return `<trc:GetRecordingJobsResponse>` + s + `</trc:GetRecordingJobsResponse>`
	}
	f.more["trc:GetRecordingJobState"] = func(body string) string {
		for _, j := range r.jobs {
			if j.token != text(body, "JobToken") {
				continue
			}
			state := j.mode
			if s, ok := r.states[j.token]; ok {
				state = s
			}
			return `<trc:GetRecordingJobStateResponse><trc:State><tt:RecordingToken>` + j.recording + `</tt:RecordingToken><tt:State>` + state + `</tt:State></trc:State></trc:GetRecordingJobStateResponse>`
		}
		return ""
	}
	f.more["trc:SetRecordingJobMode"] = func(body string) string {
		for i, j := range r.jobs {
			if j.token == text(body, "JobToken") {
				r.jobs[i].mode = text(body, "Mode")
				r.sets = append(r.sets, j.token+" "+text(body, "Mode"))
				return `<trc:SetRecordingJobModeResponse/>`
			}
		}
		return ""
	}
	f.more["tse:GetRecordingInformation"] = func(body string) string {
		s, ok := r.info[text(body, "RecordingToken")]
		if !ok {
			return ""
		}
		return `<tse:GetRecordingInformationResponse><tse:RecordingInformation>` + s + `</tse:RecordingInformation></tse:GetRecordingInformationResponse>`
	}
	f.more["tse:GetRecordingSummary"] = func(string) string {
		return `<tse:GetRecordingSummaryResponse><tse:Summary>` + r.sum + `</tse:Summary></tse:GetRecordingSummaryResponse>`
	}
	return r
}

func (r *fakeRecorder) site(t *testing.T, m devices.Method) *driven {
	return &driven{t: t, f: r.f, method: m}
}

func (r *fakeRecorder) modes() string {
	s := []string{}
	for _, j := range r.jobs {
		s = append(s, j.token+" "+j.mode)
	}
	return strings.Join(s, ", ")
}

func TestRecordingOff(t *testing.T) {
	r := newRecorder(t)
	r.jobs = append(r.jobs, fakeJob{"J3", "R1", "Idle", profileSource("P1")})
	d := r.site(t, devices.MethodRecordingOff).begin()
	if !d.offers() {
		t.Fatal("not offered")
	}
	d.mustHold(wholePicture, false)
	d.mustApply(wholePicture)
	if r.modes() != "J1 Idle, J2 Active, J3 Idle" {
		t.Errorf("modes %s", r.modes())
	}
	d.mustHold(wholePicture, true)
	d.mustApply(wholePicture)
	if len(r.sets) != 1 {
		t.Errorf("written %v", r.sets)
	}
	r.states["J1"] = "Active"
	d.mustHold(wholePicture, false)
	delete(r.states, "J1")
	if err := d.restore(); err != nil || r.modes() != "J1 Active, J2 Active, J3 Idle" {
		t.Errorf("modes %s, %v", r.modes(), err)
	}
	d.mustHold(devices.Cover{}, true)
	if err := d.restore(); err != nil || len(r.sets) != 2 {
		t.Errorf("restoring twice: %v, %v", r.sets, err)
	}
	d.mustApply(wholePicture)
	d.mustApply(devices.Cover{})
	if r.modes() != "J1 Active, J2 Active, J3 Idle" {
		t.Errorf("modes %s", r.modes())
	}
	if _, err := d.apply(zones(triangle("t"))); !errors.Is(err, devices.ErrUnsupported) {
		t.Errorf("zones: %v", err)
	}
	// Without the journal nothing is written.
	d.undo.Wrote = nil
	n := len(r.sets)
	if _, err := d.cam().Apply(t.Context(), d.undo, wholePicture); err == nil || len(r.sets) != n {
		t.Errorf("applied without a journal: %v", err)
	}
}

func TestRecordingOffOtherHands(t *testing.T) {
	t.Run("started again", func(t *testing.T) {
		r := newRecorder(t)
		d := r.site(t, devices.MethodRecordingOff).begin()
		d.mustApply(wholePicture)
		r.jobs[0].mode = "Active"
		d.mustHold(wholePicture, false)
		if err := d.restore(); err != nil || len(r.sets) != 1 {
			t.Errorf("written %v, %v", r.sets, err)
		}
	})
	t.Run("another job", func(t *testing.T) {
		r := newRecorder(t)
		d := r.site(t, devices.MethodRecordingOff).begin()
		r.jobs = append(r.jobs, fakeJob{"J9", "R1", "Active", profileSource("P1")})
		got, err := d.apply(wholePicture)
		if !errors.Is(err, devices.ErrForeign) || got.Whole || r.modes() != "J1 Idle, J2 Active, J9 Active" {
			t.Errorf("got %+v, %v; modes %s", got, err, r.modes())
		}
		d.mustHold(wholePicture, false)
	})
	t.Run("job gone", func(t *testing.T) {
		r := newRecorder(t)
		d := r.site(t, devices.MethodRecordingOff).begin()
		d.mustApply(wholePicture)
		r.jobs = r.jobs[1:]
		if err := d.restore(); !errors.Is(err, devices.ErrForeign) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("nothing was written", func(t *testing.T) {
		r := newRecorder(t)
		d := r.site(t, devices.MethodRecordingOff).begin()
		r.jobs[0].mode = "Idle"
		if err := d.restore(); err != nil || len(r.sets) != 0 {
			t.Errorf("written %v, %v", r.sets, err)
		}
	})
}

func TestRecordingOffThatIsNotShown(t *testing.T) {
	for name, set := range map[string]func(*fakeRecorder){
		"not stored": func(r *fakeRecorder) {
			r.f.more["trc:SetRecordingJobMode"] = func(string) string { return `<trc:SetRecordingJobModeResponse/>` }
		},
		"goes on":        func(r *fakeRecorder) { r.states["J1"] = "Active" },
		"partly goes on": func(r *fakeRecorder) { r.states["J1"] = "PartiallyActive" },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecorder(t)
			d := r.site(t, devices.MethodRecordingOff).begin()
			set(r)
			d.timeout = 200 * time.Millisecond
			if got, err := d.apply(wholePicture); !errors.Is(err, devices.ErrNotApplied) || got.Whole {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	t.Run("idle by all words, and grows", func(t *testing.T) {
		r := newRecorder(t)
		d := r.site(t, devices.MethodRecordingOff).begin()
		second := 0
		inner := r.f.more["tse:GetRecordingInformation"]
		r.f.more["tse:GetRecordingInformation"] = func(body string) string {
			second++
			r.info["R1"] = fmt.Sprintf(`<tt:LatestRecording>2026-01-01T00:00:%02dZ</tt:LatestRecording>`, second)
			return inner(body)
		}
		d.timeout = time.Second
		if got, err := d.apply(wholePicture); !errors.Is(err, devices.ErrNotApplied) || got.Whole {
			t.Errorf("got %+v, %v", got, err)
		}
		d.mustHold(wholePicture, false)
		// What was on its way is written, and no more comes.
		r.f.more["tse:GetRecordingInformation"] = func(body string) string {
			second = min(second+1, 9)
			r.info["R1"] = fmt.Sprintf(`<tt:LatestRecording>2026-01-01T00:01:%02dZ</tt:LatestRecording>`, second)
			return inner(body)
		}
		second, d.timeout = 8, 5*time.Second
		d.mustApply(wholePicture)
		d.mustHold(wholePicture, true)
	})
	t.Run("no word on states", func(t *testing.T) {
		r := newRecorder(t)
		delete(r.f.more, "trc:GetRecordingJobState")
		d := r.site(t, devices.MethodRecordingOff).begin()
		d.mustApply(wholePicture)
		d.mustHold(wholePicture, true)
	})
	t.Run("a crash between write and answer", func(t *testing.T) {
		r := newRecorder(t)
		d := r.site(t, devices.MethodRecordingOff).begin()
		r.f.after["trc:SetRecordingJobMode"] = func() { panic(http.ErrAbortHandler) }
		_, err := d.apply(wholePicture)
		r.f.mu.Lock() // no answer came to tell that the device is done
		if !errors.Is(err, devices.ErrUnreachable) || r.modes() != "J1 Idle, J2 Active" {
			t.Errorf("got %v; modes %s", err, r.modes())
		}
		delete(r.f.after, "trc:SetRecordingJobMode")
		r.f.mu.Unlock()
		if err := d.restore(); err != nil || r.modes() != "J1 Active, J2 Active" {
			t.Errorf("modes %s, %v", r.modes(), err)
		}
	})
}

// Whose recording and job is whose, by what devices tell.
func TestWhoseRecording(t *testing.T) {
	receiver := `<tt:SourceToken Type="http://www.onvif.org/ver10/schema/Receiver"><tt:Token>X</tt:Token></tt:SourceToken>`
	for name, tc := range map[string]struct {
		set  func(*fakeRecorder)
		want string // modes after the first lens is silenced, or the error
	}{
		"by profile":           {func(*fakeRecorder) {}, "J1 Idle, J2 Active"},
		"profile without type": {func(r *fakeRecorder) { r.jobs[0].source = `<tt:SourceToken><tt:Token>P1</tt:Token></tt:SourceToken>` }, "J1 Idle, J2 Active"},
		"by the recording's source": {func(r *fakeRecorder) {
			r.jobs[0].source, r.jobs[1].source, r.items[0].source, r.items[1].source = receiver, receiver, "VS1", "P2"
		}, "J1 Idle, J2 Active"},
		"by the recording's video source": {func(r *fakeRecorder) {
			r.jobs[0].source, r.jobs[1].source = receiver, ""
			r.f.answer["trc:GetRecordings"] = sendBody(`<trc:GetRecordingsResponse><trc:RecordingItem><tt:RecordingToken>R1</tt:RecordingToken><tt:Configuration><tt:Source><tt:VideoSourceToken>VS1</tt:VideoSourceToken></tt:Source></tt:Configuration></trc:RecordingItem>` +
				`<trc:RecordingItem><tt:RecordingToken>R2</tt:RecordingToken><tt:Configuration><tt:Source><tt:VideoSourceToken>VS2</tt:VideoSourceToken></tt:Source></tt:Configuration></trc:RecordingItem></trc:GetRecordingsResponse>`)
		}, "J1 Idle, J2 Active"},
		"nobody's":       {func(r *fakeRecorder) { r.jobs[1].source = receiver }, "does not tell which lens it records"},
		"nobody's, idle": {func(r *fakeRecorder) { r.jobs[1].source, r.jobs[1].mode = receiver, "Idle" }, "J1 Idle, J2 Idle"},
		"the only lens has them all": {func(r *fakeRecorder) {
			r.f.sources, r.f.configs = r.f.sources[:1], r.f.configs[:1]
			r.jobs[1].source = receiver
		}, "J1 Idle, J2 Idle"},
		"no jobs":               {func(r *fakeRecorder) { r.jobs = nil }, "no job that records this camera"},
		"a job without a mode":  {func(r *fakeRecorder) { r.jobs[0].mode = "" }, "without a mode"},
		"two jobs of one token": {func(r *fakeRecorder) { r.jobs[1].token = "J1" }, "a token of its own"},
		"two recordings of one": {func(r *fakeRecorder) { r.items[1].token = "R1" }, "a token of its own"},
		"not a recorder":        {func(r *fakeRecorder) { r.f.services = nil }, "lists no service"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecorder(t)
			tc.set(r)
			d := r.site(t, devices.MethodRecordingOff)
			state, err := d.cam().State(t.Context(), d.method)
			if err != nil {
				if !strings.Contains(err.Error(), tc.want) {
					t.Errorf("got %v, want %s", err, tc.want)
				}
				if len(r.sets) > 0 {
					t.Errorf("written %v", r.sets)
				}
				return
			}
			d.undo = devices.Undo{Method: d.method, Before: state}
			d.mustApply(wholePicture)
			if r.modes() != tc.want {
				t.Errorf("modes %s, want %s", r.modes(), tc.want)
			}
		})
	}
}

func day(n int) devices.Cover { return devices.Cover{MaxAge: time.Duration(n) * 24 * time.Hour} }

func (r *fakeRecorder) kept() string {
	s := []string{}
	for _, i := range r.items {
		s = append(s, i.retention)
	}
	return strings.Join(s, " ")
}

func TestRetention(t *testing.T) {
	r := newRecorder(t)
	d := r.site(t, devices.MethodRetention).begin()
	if !d.offers() {
		t.Fatal("not offered")
	}
	d.mustHold(day(3), false)
	d.mustApply(day(3))
	if r.kept() != "PT72H PT0S" {
		t.Errorf("kept %s", r.kept())
	}
	d.mustHold(day(3), true)
	d.mustApply(day(3))
	if len(r.sets) != 1 {
		t.Errorf("written %v", r.sets)
	}
	d.mustApply(day(1))
	// Looser again, since that is ours; but never above what was there.
	d.mustApply(day(7))
	d.mustApply(day(60))
	if r.kept() != "PT720H PT0S" {
		t.Errorf("kept %s", r.kept())
	}
	d.mustApply(day(2))
	if err := d.restore(); err != nil || r.kept() != "PT720H PT0S" {
		t.Errorf("kept %s, %v", r.kept(), err)
	}
	d.mustHold(devices.Cover{}, true)
	n := len(r.sets)
	if err := d.restore(); err != nil || len(r.sets) != n {
		t.Errorf("restoring twice: %v, %v", r.sets[n:], err)
	}
	if fmt.Sprint(r.sets) != "[R1 PT72H R1 PT24H R1 PT168H R1 PT720H R1 PT48H R1 PT720H]" {
		t.Errorf("written %v", r.sets)
	}
}

func TestRetentionOfAll(t *testing.T) {
	for text, tc := range map[string]struct{ after, restored string }{
		"PT0S":    {"PT72H", "PT0S"}, // for ever is longer than anything
		"P0D":     {"PT72H", "P0D"},
		"P1D":     {"P1D", "P1D"}, // stricter already
		"P3D":     {"P3D", "P3D"},
		"P30D":    {"PT72H", "P30D"}, // as it was written, not only as long
		"P1Y":     {"PT72H", "P1Y"},
		" P4D ":   {"PT72H", " P4D "},
		"PT72H1S": {"PT72H", "PT72H1S"},
	} {
		t.Run(text, func(t *testing.T) {
			r := newRecorder(t)
			r.items[0].retention = text
			d := r.site(t, devices.MethodRetention).begin()
			d.mustApply(day(3))
			if r.items[0].retention != tc.after {
				t.Errorf("kept %q, want %q", r.items[0].retention, tc.after)
			}
			if err := d.restore(); err != nil || r.items[0].retention != tc.restored {
				t.Errorf("restored %q, %v, want %q", r.items[0].retention, err, tc.restored)
			}
		})
	}
	for name, tc := range map[string]struct {
		text string
		want error
	}{
		"not told": {"", devices.ErrMalformed}, "nonsense": {"soon", devices.ErrMalformed}, "negative": {"-P1D", devices.ErrMalformed},
		"over all bounds": {"P1000Y", devices.ErrOutOfBounds},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecorder(t)
			r.items[0].retention = tc.text
			_, err := r.site(t, devices.MethodRetention).cam().State(t.Context(), devices.MethodRetention)
			if !errors.Is(err, tc.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("a month that may be shorter", func(t *testing.T) {
		r := newRecorder(t)
		r.items[0].retention = "P1M"
		d := r.site(t, devices.MethodRetention).begin()
		if got, err := d.apply(day(30)); !errors.Is(err, devices.ErrUnsupported) || !got.Empty() || len(r.sets) != 0 {
			t.Errorf("got %+v, %v", got, err)
		}
		d.mustApply(day(31))
		d.mustApply(day(28))
		if err := d.restore(); err != nil || r.items[0].retention != "P1M" {
			t.Errorf("kept %q, %v", r.items[0].retention, err)
		}
	})
}

func TestRetentionOtherHands(t *testing.T) {
	for name, tc := range map[string]struct {
		to     string
		holds  bool
		apply  error
		writes int
	}{
		"set higher": {"P9D", false, devices.ErrForeign, 1},
		"set lower":  {"P1D", true, nil, 1},
		"for ever":   {"PT0S", false, devices.ErrForeign, 1},
		"set back":   {"PT720H", false, nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecorder(t)
			d := r.site(t, devices.MethodRetention).begin()
			d.mustApply(day(3))
			r.items[0].retention = tc.to
			d.mustHold(day(3), tc.holds)
			if _, err := d.apply(day(3)); !errors.Is(err, tc.apply) || len(r.sets) != tc.writes {
				t.Errorf("apply: %v, written %v", err, r.sets)
			}
			if name == "set back" {
				return
			}
			if err := d.restore(); !errors.Is(err, devices.ErrForeign) || r.items[0].retention != tc.to {
				t.Errorf("restore: %v, kept %s", err, r.kept())
			}
		})
	}
	t.Run("another recording", func(t *testing.T) {
		r := newRecorder(t)
		d := r.site(t, devices.MethodRetention).begin()
		r.items = append(r.items, fakeRecording{"R9", "VS1", "P30D", ""})
		if _, err := d.apply(day(3)); !errors.Is(err, devices.ErrForeign) || r.kept() != "PT72H PT0S P30D" {
			t.Errorf("got %v, kept %s", err, r.kept())
		}
		d.mustHold(day(3), false)
	})
	t.Run("recording gone", func(t *testing.T) {
		r := newRecorder(t)
		d := r.site(t, devices.MethodRetention).begin()
		d.mustApply(day(3))
		r.items = r.items[1:]
		if err := d.restore(); !errors.Is(err, devices.ErrForeign) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("nothing was written", func(t *testing.T) {
		r := newRecorder(t)
		d := r.site(t, devices.MethodRetention).begin()
		r.items[0].retention = "PT72H"
		if err := d.restore(); err != nil || len(r.sets) != 0 {
			t.Errorf("written %v, %v", r.sets, err)
		}
		if _, err := d.cam().Apply(t.Context(), d.undo, day(3)); err == nil || len(r.sets) != 0 {
			t.Errorf("applied without a journal: %v, %v", r.sets, err)
		}
	})
}

func TestRetentionThatIsNotStored(t *testing.T) {
	for name, keeps := range map[string]func(string) string{
		"dropped": func(string) string { return "PT720H" },
		"longer":  func(v string) string { return map[bool]string{true: "P4D", false: v}[v == "PT72H"] },
		"shorter": func(v string) string { return map[bool]string{true: "P2D", false: v}[v == "PT72H"] },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecorder(t)
			r.keeps = keeps
			d := r.site(t, devices.MethodRetention).begin()
			got, err := d.apply(day(3))
			if !errors.Is(err, devices.ErrNotApplied) || !got.Empty() || r.kept() != "PT720H PT0S" {
				t.Errorf("got %+v, %v, kept %s", got, err, r.kept())
			}
		})
	}
	t.Run("written another way", func(t *testing.T) {
		r := newRecorder(t)
		r.keeps = func(v string) string { return strings.Replace(v, "PT72H", "P3DT0H0M0S", 1) }
		d := r.site(t, devices.MethodRetention).begin()
		d.mustApply(day(3))
		d.mustHold(day(3), true)
		if err := d.restore(); err != nil || r.kept() != "PT720H PT0S" {
			t.Errorf("kept %s, %v", r.kept(), err)
		}
	})
	t.Run("a crash between write and answer", func(t *testing.T) {
		r := newRecorder(t)
		d := r.site(t, devices.MethodRetention).begin()
		r.f.after["trc:SetRecordingConfiguration"] = func() { panic(http.ErrAbortHandler) }
		_, err := d.apply(day(3))
		r.f.mu.Lock() // no answer came to tell that the device is done
		if !errors.Is(err, devices.ErrUnreachable) || r.kept() != "PT72H PT0S" {
			t.Errorf("got %v, kept %s", err, r.kept())
		}
		delete(r.f.after, "trc:SetRecordingConfiguration")
		r.f.mu.Unlock()
		if err := d.restore(); err != nil || r.kept() != "PT720H PT0S" {
			t.Errorf("kept %s, %v", r.kept(), err)
		}
	})
}

// All but one field goes back as it came, with the prefixes that it needs.
func TestRetentionLeavesTheRest(t *testing.T) {
	r := newRecorder(t)
	r.items[0].extra = `<tt:Target><tt:Storage>S1</tt:Storage></tt:Target><v:More xmlns:v="urn:maker" xsi:type="v:A" v:x='1 &lt; 2'><v:In>a  b</v:In></v:More>`
	d := r.site(t, devices.MethodRetention).begin()
	var sent string
	inner := r.f.more["trc:SetRecordingConfiguration"]
	r.f.more["trc:SetRecordingConfiguration"] = func(body string) string { sent = body; return inner(body) }
	d.mustApply(day(3))
	m := regexp.MustCompile(`(?s)<trc:RecordingConfiguration[^>]*>(.*)</trc:RecordingConfiguration>`).FindStringSubmatch(sent)
	want := `<tt:Source><tt:SourceId></tt:SourceId><tt:Name>Caméra &amp; co</tt:Name><tt:Location/><tt:Description/><tt:Address/></tt:Source>` +
		`<tt:Content>all</tt:Content><tt:MaximumRetentionTime>PT72H</tt:MaximumRetentionTime>` +
		`<tt:Target><tt:Storage>S1</tt:Storage></tt:Target><v:More xmlns:v="urn:maker" xsi:type="v:A" v:x="1 &lt; 2"><v:In>a  b</v:In></v:More>`
	norm := func(s string) string {
		s = strings.ReplaceAll(s, "'", `"`)
		return strings.NewReplacer("<tt:SourceId/>", "<tt:SourceId></tt:SourceId>").Replace(s)
	}
	if m == nil || norm(m[1]) != want {
		t.Errorf("sent %s", sent)
	}
	for _, ns := range []string{`xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`, `xmlns:tt="http://www.onvif.org/ver10/schema"`} {
		if !strings.Contains(sent, ns) {
			t.Errorf("no %s in %s", ns, sent)
		}
	}
}

func TestObserveRecordings(t *testing.T) {
	r := newRecorder(t)
	r.info["R1"] = `<tt:RecordingToken>R1</tt:RecordingToken><tt:EarliestRecording>2026-01-02T03:04:05Z</tt:EarliestRecording><tt:LatestRecording>2026-02-03T04:05:06.5+01:00</tt:LatestRecording><tt:RecordingStatus>Recording</tt:RecordingStatus>`
	d := r.site(t, devices.MethodRetention)
	list := func() []devices.Recording {
		t.Helper()
		o, err := d.cam().(*camera).observeRecordings(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	got := list()
	if len(got) != 1 || got[0].Token != "R1" || got[0].Source != "VS1" || fmt.Sprint(got[0].Tracks) != "[video audio]" {
		t.Fatalf("got %+v", got)
	}
	if v, ok := got[0].Retention.Get(); !ok || v != 720*time.Hour {
		t.Errorf("retention %v", got[0].Retention)
	}
	if v, ok := got[0].Oldest.Get(); !ok || !v.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) {
		t.Errorf("oldest %v", got[0].Oldest)
	}
	if v, ok := got[0].Newest.Get(); !ok || !v.Equal(time.Date(2026, 2, 3, 3, 5, 6, 5e8, time.UTC)) {
		t.Errorf("newest %v", got[0].Newest)
	}
	if v, ok := got[0].Active.Get(); !ok || !v {
		t.Errorf("active %v", got[0].Active)
	}

	r.jobs[0].mode = "Idle"
	r.items[0].retention = "PT0S"
	r.info["R1"] = `<tt:RecordingStatus>Initiated</tt:RecordingStatus>`
	got = list()
	if v, ok := got[0].Retention.Get(); !ok || v != 0 {
		t.Errorf("for ever is %v", got[0].Retention)
	}
	if v, ok := got[0].Active.Get(); !ok || v {
		t.Errorf("active %v", got[0].Active)
	}
	if v, ok := got[0].Oldest.Get(); !ok || !v.IsZero() {
		t.Errorf("nothing recorded yet: %v", got[0].Oldest)
	}

	r.items[0].retention = "P1M"
	r.f.answer["trc:GetRecordingJobs"] = sendFault(500, "Receiver", "Action")
	for name, info := range map[string]string{
		"silence":  `<tt:RecordingStatus>Stopped</tt:RecordingStatus>`,
		"1970":     `<tt:EarliestRecording>1970-01-01T00:00:00Z</tt:EarliestRecording>`,
		"nonsense": `<tt:EarliestRecording>yesterday</tt:EarliestRecording>`,
	} {
		r.info["R1"] = info
		// Without the jobs nobody knows whose the second is: it is not forgotten.
		got = list()
		if len(got) != 2 || got[0].Source != "" {
			t.Fatalf("%s: got %+v", name, got)
		}
		if _, ok := got[0].Oldest.Get(); ok || got[0].Oldest.IsNotSupported() {
			t.Errorf("%s: oldest %v", name, got[0].Oldest)
		}
		if _, ok := got[0].Active.Get(); ok {
			t.Errorf("%s: active %v", name, got[0].Active)
		}
		if v, ok := got[0].Retention.Get(); !ok || v != 31*24*time.Hour {
			t.Errorf("a month is %v", got[0].Retention)
		}
		if !got[1].Oldest.IsNotSupported() {
			t.Errorf("no search: %v", got[1].Oldest)
		}
	}
}

// The whole device's summary stands for its only recording.
func TestObserveSummary(t *testing.T) {
	r := newRecorder(t)
	r.items, r.jobs = r.items[:1], r.jobs[:1]
	d := r.site(t, devices.MethodRetention)
	cam := d.cam().(*camera)
	r.sum = `<tt:DataFrom>2026-01-02T03:04:05</tt:DataFrom><tt:DataUntil>2026-01-03T03:04:05Z</tt:DataUntil><tt:NumberRecordings>1</tt:NumberRecordings>`
	got, err := cam.observeRecordings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := got[0].Oldest.Get(); !ok || !v.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) {
		t.Errorf("oldest %v", got[0].Oldest)
	}
	r.sum = ""
	if got, err = cam.observeRecordings(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v, ok := got[0].Oldest.Get(); ok || got[0].Oldest.IsNotSupported() {
		t.Errorf("an empty summary is %v", v)
	}
	// No recordings is an answer; a refused question is none.
	r.items = nil
	if got, err = cam.observeRecordings(t.Context()); err != nil || got == nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
	r.f.answer["trc:GetRecordings"] = sendFault(400, "Sender", "NotAuthorized")
	if _, err = cam.observeRecordings(t.Context()); !errors.Is(err, devices.ErrLogin) {
		t.Errorf("refused: %v", err)
	}
	r.f.answer["trc:GetRecordings"] = func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, envelopeOf(`<trc:GetRecordingsResponse><trc:RecordingItem><a:RecordingItem xmlns:a="urn:a"/></trc:RecordingItem></trc:GetRecordingsResponse>`))
	}
	if _, err = cam.observeRecordings(t.Context()); !errors.Is(err, devices.ErrMalformed) {
		t.Errorf("without token: %v", err)
	}
}

func TestObserveStorage(t *testing.T) {
	f := newFake(t)
	f.more["tds:GetStorageConfigurations"] = func(string) string {
		return `<tds:GetStorageConfigurationsResponse><tds:StorageConfigurations token="sd"><tds:Data type="LocalStorage"><tds:LocalPath>file:///mnt/sd</tds:LocalPath></tds:Data></tds:StorageConfigurations>` +
			`<tds:StorageConfigurations token="nas"><tds:Data type="CIFS"><tds:LocalPath>/x</tds:LocalPath><tds:StorageUri>cifs://user:` + "secret" + `@192.0.2.9/share?password=secret#secret</tds:StorageUri><tds:User><tds:UserName>user</tds:UserName><tds:Password>secret</tds:Password></tds:User></tds:Data></tds:StorageConfigurations></tds:GetStorageConfigurationsResponse>`
	}
	cam := openFake(t, f).(*camera)
	got, err := cam.observeStorage(t.Context())
	if err != nil || fmt.Sprintf("%+v", got) != "[{Token:sd Kind:local Address:} {Token:nas Kind:cifs Address:cifs://192.0.2.9/share}]" {
		t.Errorf("got %+v, %v", got, err)
	}
	delete(f.more, "tds:GetStorageConfigurations")
	if _, err := cam.observeStorage(t.Context()); !errors.Is(err, devices.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}
