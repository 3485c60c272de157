package sim

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Recorder is what a device records of its own lenses (ONVIF Profile G). There
// is one recording and one job for each lens. Nothing is kept but the times.
type Recorder struct {
	// Retention is how old data may become; zero keeps it for ever.
	Retention time.Duration
	// Reach is how far back the data goes at the start; default the retention,
	// or a day.
	Reach time.Duration
	// Idle means that the jobs do not record at the start.
	Idle bool
	// Storage is where it goes: empty is a card in the device, else the
	// address of a share, without a login.
	Storage string
}

// recorder holds the recordings of a device.
type recorder struct {
	mu   sync.Mutex
	list []*recording
	// searches under way, by token; each holds what was found and not yet handed out.
	searches map[string]*search
	last     int
}

// recording is what is kept of one lens.
type recording struct {
	lens      int
	retention time.Duration
	content   string
	active    bool // the job's mode
	goesOn    bool // whether it records, whatever the mode says
	spans     []timeSpan
}

// timeSpan is a time that was recorded without a gap; the last one of a
// recording that goes on grows.
type timeSpan struct{ from, until time.Time }

func newRecorder(c Camera, now time.Time) *recorder {
	r := &recorder{searches: map[string]*search{}}
	if c.Recorder == nil {
		return r
	}
	reach := c.Recorder.Reach
	if reach == 0 {
		if reach = c.Recorder.Retention; reach == 0 {
			reach = 24 * time.Hour
		}
	}
	for n := range c.Lenses {
		r.list = append(r.list, &recording{
			lens: n + 1, retention: c.Recorder.Retention, content: "Continuous recording",
			active: !c.Recorder.Idle, goesOn: !c.Recorder.Idle, spans: []timeSpan{{now.Add(-reach), now}},
		})
	}
	return r
}

func (r *recording) token() string    { return "recording_" + strconv.Itoa(r.lens) }
func (r *recording) jobToken() string { return "job_" + strconv.Itoa(r.lens) }

// advance brings a recording up to a moment: what goes on grows, and what is
// too old is deleted for good, unless keep.
func (r *recording) advance(now time.Time, keep bool) {
	if r.goesOn {
		if n := len(r.spans); n == 0 {
			r.spans = append(r.spans, timeSpan{now, now})
		} else if last := &r.spans[n-1]; now.After(last.until) {
			last.until = now
		}
	}
	if r.retention <= 0 || keep {
		return
	}
	oldest := now.Add(-r.retention)
	r.spans = slices.DeleteFunc(r.spans, func(s timeSpan) bool { return s.until.Before(oldest) })
	if len(r.spans) > 0 && r.spans[0].from.Before(oldest) {
		r.spans[0].from = oldest
	}
}

// setActive switches the job. A new span begins, so that the gap is one.
func (r *recording) setActive(now time.Time, on, stuck bool) {
	if on && !r.goesOn {
		r.spans = append(r.spans, timeSpan{now, now})
	}
	r.active = on
	r.goesOn = on || stuck && r.goesOn
}

// bounds of what is kept; not ok if nothing is.
func (r *recording) bounds() (from, until time.Time, ok bool) {
	if len(r.spans) == 0 {
		return from, until, false
	}
	return r.spans[0].from, r.spans[len(r.spans)-1].until, true
}

// recordings lets f look at the recordings, as they are now.
func (d *Device) recordings(f func(list []*recording, now time.Time) *soapFault) *soapFault {
	now, keep := d.now(), d.fault(FaultRetentionIgnored)
	d.recorder.mu.Lock()
	defer d.recorder.mu.Unlock()
	for _, r := range d.recorder.list {
		r.advance(now, keep)
	}
	return f(d.recorder.list, now)
}

// recording lets f work on the recording of a token, or on that of a job.
func (d *Device) recording(token string, name func(*recording) string, f func(r *recording, now time.Time) *soapFault) *soapFault {
	return d.recordings(func(list []*recording, now time.Time) *soapFault {
		i := slices.IndexFunc(list, func(r *recording) bool { return name(r) == token })
		if i < 0 {
			if len(list) > 0 && name(list[0]) == list[0].jobToken() {
				return senderFault("there is no such job", "ter:InvalidArgVal", "ter:NoRecordingJob")
			}
			return senderFault("there is no such recording", "ter:InvalidArgVal", "ter:NoRecording")
		}
		return f(list[i], now)
	})
}

// Recording is what a device keeps of a lens.
type Recording struct {
	Retention time.Duration
	// Active is the job's mode; Records tells whether it really records.
	Active, Records bool
	// Oldest and Newest are of the data that is kept; zero if there is none.
	Oldest, Newest time.Time
}

// RecordingOf tells what is really kept of a lens.
func (d *Device) RecordingOf(lens int) (Recording, error) {
	var out Recording
	f := d.recording("recording_"+strconv.Itoa(lens), (*recording).token, func(r *recording, _ time.Time) *soapFault {
		out = Recording{Retention: r.retention, Active: r.active, Records: r.goesOn}
		out.Oldest, out.Newest, _ = r.bounds()
		return nil
	})
	if f != nil {
		return out, fmt.Errorf("simulated camera %s: lens %d: %w", d.cam.Name, lens, f)
	}
	return out, nil
}
