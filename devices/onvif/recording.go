package onvif

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// Limits of what is believed of a device's recordings.
const (
	maxRecordings = 4096
	maxJobs       = 4096
)

// jobIdle is the mode of a job that does not record (tt:RecordingJobMode).
const jobIdle = "Idle"

// whose tells whether something on the device is of this camera.
type whose int

const (
	unknownWhose whose = iota
	ours
	others
)

type recording struct {
	token, sourceID, videoSource string
	retention                    *string // xs:duration, as written; nil if not told
	tracks                       []string
	whole                        verbatim // of the configuration
	whose                        whose
}

type job struct {
	token, recording, mode string
	whose                  whose
}

func (j job) idle() bool { return strings.EqualFold(j.mode, jobIdle) }

// recorder is what a device records, as far as it is known whose it is.
type recorder struct {
	recordings []recording
	jobs       []job
	jobsErr    error // why there are no jobs
}

// readRecorder asks for the recordings and the jobs that write them. The error
// wraps devices.ErrUnsupported if the device does not record. Jobs that cannot
// be read are an error only of jobsErr.
func (cam *camera) readRecorder(ctx context.Context) (recorder, error) {
	var r recorder
	var list recordingList
	if err := cam.c.callService(ctx, nsRecord, getRecordings{}, &list); err != nil {
		return r, err
	}
	if len(list.Items) > maxRecordings {
		return r, fmt.Errorf("%w: %w: %d recordings", devices.ErrMalformed, devices.ErrOutOfBounds, len(list.Items))
	}
	configurations, err := findVerbatim(list.message, "RecordingItem", "Configuration", "MaximumRetentionTime")
	if err != nil {
		return r, err
	}
	if len(configurations) != len(list.Items) {
		return r, fmt.Errorf("%w: %d recordings, of which %d can be read", devices.ErrMalformed, len(list.Items), len(configurations))
	}
	for i, item := range list.Items {
		one := recording{
			token: strings.TrimSpace(item.Token), sourceID: strings.TrimSpace(item.Configuration.SourceID),
			videoSource: strings.TrimSpace(item.Configuration.VideoSource),
			retention:   item.Configuration.Retention, whole: configurations[i],
		}
		for _, t := range item.Tracks {
			if t = strings.ToLower(plain(t, 32)); !slices.Contains(one.tracks, t) {
				one.tracks = append(one.tracks, t)
			}
		}
		if one.token == "" || slices.ContainsFunc(r.recordings, func(have recording) bool { return have.token == one.token }) {
			return r, fmt.Errorf("%w: a recording without a token of its own", devices.ErrMalformed)
		}
		r.recordings = append(r.recordings, one)
	}
	if len(r.recordings) == 0 {
		return r, nil
	}
	lenses, err := cam.lensOfProfile(ctx)
	if err != nil {
		return r, err
	}
	if r.jobsErr = cam.readJobs(ctx, &r, lenses); fatal(r.jobsErr) {
		return r, r.jobsErr
	}
	for i := range r.recordings {
		r.recordings[i].whose = cam.whoseRecording(r.recordings[i], r.jobs, lenses)
	}
	for i, j := range r.jobs {
		if j.whose != unknownWhose {
			continue
		}
		for _, one := range r.recordings {
			if one.token == j.recording {
				r.jobs[i].whose = one.whose
			}
		}
		if cam.alone && r.jobs[i].whose == unknownWhose {
			r.jobs[i].whose = ours
		}
	}
	return r, nil
}

// lensOfProfile tells for each profile whether it is this camera's.
func (cam *camera) lensOfProfile(ctx context.Context) (map[string]whose, error) {
	profiles, err := cam.c.profiles(ctx)
	if err != nil && !errors.Is(err, devices.ErrUnsupported) {
		return nil, err
	}
	lenses := map[string]whose{}
	for _, p := range profiles {
		switch {
		case p.bare, p.video == nil && !cam.alone:
		case cam.owns(p.video):
			lenses[p.token] = ours
		default:
			lenses[p.token] = others
		}
	}
	return lenses, nil
}

func (cam *camera) readJobs(ctx context.Context, r *recorder, lenses map[string]whose) error {
	var list jobList
	if err := cam.c.callService(ctx, nsRecord, getRecordingJobs{}, &list); err != nil {
		return err
	}
	if len(list.Items) > maxJobs {
		return fmt.Errorf("%w: %w: %d recording jobs", devices.ErrMalformed, devices.ErrOutOfBounds, len(list.Items))
	}
	jobs := make([]job, 0, len(list.Items))
	for _, item := range list.Items {
		j := job{token: strings.TrimSpace(item.Token), recording: strings.TrimSpace(item.Recording), mode: plain(item.Mode, 32)}
		if j.token == "" || j.mode == "" || slices.ContainsFunc(jobs, func(have job) bool { return have.token == j.token }) {
			return fmt.Errorf("%w: a recording job without a mode or a token of its own", devices.ErrMalformed)
		}
		for _, s := range item.Sources {
			// Only a profile leads to a lens; a receiver (the default of the
			// type, which many devices leave out) is a stream from anywhere.
			switch lenses[strings.TrimSpace(s.Reference.Token)] {
			case ours:
				j.whose = ours
			case others:
				if j.whose == unknownWhose {
					j.whose = others
				}
			}
		}
		jobs = append(jobs, j)
	}
	r.jobs = jobs
	return nil
}

// whoseRecording goes by what the device says most directly.
func (cam *camera) whoseRecording(one recording, jobs []job, lenses map[string]whose) whose {
	if one.videoSource != "" {
		if one.videoSource == cam.info.Source {
			return ours
		}
		return others
	}
	found := unknownWhose
	for _, j := range jobs {
		if j.recording == one.token && (j.whose == ours || found == unknownWhose) {
			found = j.whose
		}
	}
	if found == unknownWhose && one.sourceID != "" {
		if one.sourceID == cam.info.Source {
			return ours
		}
		found = lenses[one.sourceID]
	}
	if found == unknownWhose && cam.alone {
		return ours
	}
	return found
}

// silencing covers by setting every job that records this camera to idle. What
// is seen live it does not change.
type silencing struct{ *camera }

// silencedState is State.Data.
type silencedState struct {
	Jobs []jobMode `json:"jobs"`
}

type jobMode struct {
	Token string `json:"token"`
	Mode  string `json:"mode"`
}

func (s silencedState) mode(token string) (string, bool) {
	for _, j := range s.Jobs {
		if j.Token == token {
			return j.Mode, true
		}
	}
	return "", false
}

// jobs are those that record this camera. A job that records and does not tell
// which of several lenses is ErrUnsupported: the camera would not be silenced
// without it, and it may be another's.
//
// still are the recordings that nothing should be written to now.
func (w silencing) jobs(ctx context.Context) (mine []job, still []string, err error) {
	r, err := w.readRecorder(ctx)
	if err == nil {
		err = r.jobsErr
	}
	if err != nil {
		return nil, nil, err
	}
	for _, j := range r.jobs {
		switch {
		case j.whose == ours:
			mine = append(mine, j)
		case j.whose == unknownWhose && !j.idle():
			return nil, nil, &remedied{
				fmt.Errorf("%w: recording job %q does not tell which lens it records", devices.ErrUnsupported, plain(j.token, 64)),
				"cover this camera in another way",
			}
		}
	}
	for _, j := range mine {
		busy := func(k job) bool { return k.recording == j.recording && !k.idle() }
		if !slices.Contains(still, j.recording) && !slices.ContainsFunc(r.jobs, busy) {
			still = append(still, j.recording)
		}
	}
	return mine, still, nil
}

// offered: there is a job that records this camera.
func (w silencing) offered(ctx context.Context) error {
	_, err := w.state(ctx)
	return err
}

func (w silencing) state(ctx context.Context) (any, error) {
	jobs, _, err := w.jobs(ctx)
	if err != nil {
		return nil, err
	}
	if len(jobs) == 0 {
		return nil, fmt.Errorf("%w: the device has no job that records this camera", devices.ErrUnsupported)
	}
	var s silencedState
	for _, j := range jobs {
		s.Jobs = append(s.Jobs, jobMode{j.token, j.mode})
	}
	return s, nil
}

func (w silencing) was(u devices.Undo) (silencedState, error) {
	s, err := journal[silencedState](u, devices.MethodRecordingOff)
	if err == nil && len(s.Jobs) == 0 {
		err = errors.New("the journal's state from before has no jobs")
	}
	return s, err
}

// apply sets the jobs that the journal has to idle, and reads back that none
// of this camera's records.
func (w silencing) apply(ctx context.Context, u devices.Undo, c devices.Cover) (devices.Cover, error) {
	was, err := w.was(u)
	if err != nil {
		return devices.Cover{}, err
	}
	if err := mayCover(u, c); err != nil {
		return devices.Cover{}, err
	}
	if !c.Whole {
		return devices.Cover{}, w.restore(ctx, u)
	}
	jobs, _, err := w.jobs(ctx)
	if err != nil {
		return devices.Cover{}, err
	}
	var refused []error
	for _, j := range jobs {
		if _, known := was.mode(j.token); !known || j.idle() {
			continue
		}
		err := w.c.callService(ctx, nsRecord, setRecordingJobMode{JobToken: j.token, Mode: jobIdle}, &struct{}{})
		if fatal(err) {
			return devices.Cover{}, err
		}
		refused = append(refused, err)
	}
	jobs, still, err := w.jobs(ctx)
	if err != nil {
		return devices.Cover{}, err
	}
	var strange, running []string
	for _, j := range jobs {
		if j.idle() {
			continue
		}
		if _, known := was.mode(j.token); known {
			running = append(running, fmt.Sprintf("%q", plain(j.token, 64)))
		} else {
			strange = append(strange, fmt.Sprintf("%q", plain(j.token, 64)))
		}
	}
	switch {
	case len(running) > 0:
		err := fmt.Errorf("%w: recording jobs %s still record", devices.ErrNotApplied, strings.Join(running, ", "))
		return devices.Cover{}, together(err, together(refused...))
	case len(strange) > 0:
		return devices.Cover{}, newcomers(strange)
	}
	if err := w.stopped(ctx, jobs); err != nil {
		return devices.Cover{}, err
	}
	if name, err := w.growing(ctx, still, w.c.o.Timeout); err != nil || name != "" {
		return devices.Cover{}, together(err, grows(name))
	}
	return devices.Cover{Whole: true}, nil
}

func newcomers(names []string) error {
	return &remedied{
		fmt.Errorf("%w: recording jobs %s were made since and record", devices.ErrForeign, strings.Join(names, ", ")),
		"stop them on the device, or release this cover and order it anew",
	}
}

// stopped waits until the device says that the jobs do not record: they may
// take some time to stop. A device that does not tell states is believed as to
// their modes.
func (w silencing) stopped(ctx context.Context, jobs []job) error {
	limit := time.NewTimer(w.c.o.Timeout)
	defer limit.Stop()
	for _, j := range jobs {
		pause := parkFirstLook
		for {
			still, err := w.records(ctx, j)
			if errors.Is(err, devices.ErrUnsupported) {
				return nil
			}
			if err != nil {
				return err
			}
			if !still {
				break
			}
			next := time.NewTimer(pause)
			pause = min(2*pause, parkLooks)
			select {
			case <-next.C:
			case <-limit.C:
				next.Stop()
				return fmt.Errorf("%w: recording job %q is idle and still records", devices.ErrNotApplied, plain(j.token, 64))
			case <-ctx.Done():
				next.Stop()
				return interrupted(ctx)
			}
		}
	}
	return nil
}

func grows(name string) error {
	if name == "" {
		return nil
	}
	return fmt.Errorf("%w: its jobs are idle and recording %q still grows", devices.ErrNotApplied, plain(name, 64))
}

// growPause is longer than the second that some devices round instants to.
const growPause = 1500 * time.Millisecond

// growing names a recording to which something is still being written, by the
// instant of its newest data. What is still on its way may be written until
// the time is over. Where the device does not tell that instant, the jobs'
// modes and states are all that there is to go by.
func (w silencing) growing(ctx context.Context, recordings []string, within time.Duration) (string, error) {
	newest := func(token string) (string, error) {
		var info recordingInformation
		err := w.c.callService(ctx, nsSearch, getRecordingInformation{RecordingToken: token}, &info)
		if errors.Is(err, devices.ErrUnsupported) {
			return "", nil
		}
		return strings.TrimSpace(info.Latest), err
	}
	before := map[string]string{}
	for _, token := range recordings {
		at, err := newest(token)
		if err != nil {
			return "", err
		}
		if at != "" {
			before[token] = at
		}
	}
	for waited := time.Duration(0); len(before) > 0; {
		next := time.NewTimer(growPause)
		select {
		case <-next.C:
		case <-ctx.Done():
			next.Stop()
			return "", interrupted(ctx)
		}
		waited += growPause
		last := ""
		for token, was := range before {
			at, err := newest(token)
			if err != nil {
				return "", err
			}
			if at == was {
				delete(before, token)
				continue
			}
			before[token], last = at, token
		}
		if last != "" && waited >= within {
			return last, nil
		}
	}
	return "", nil
}

// records tells whether a job writes now (tt:RecordingJobState).
func (w silencing) records(ctx context.Context, j job) (bool, error) {
	var s jobState
	if err := w.c.callService(ctx, nsRecord, getRecordingJobState{JobToken: j.token}, &s); err != nil {
		return false, err
	}
	switch state := strings.ToLower(plain(s.State, 32)); state {
	case "idle":
		return false, nil
	case "active", "partiallyactive":
		return true, nil
	case "":
		return false, fmt.Errorf("%w: recording job %q has no state", devices.ErrMalformed, plain(j.token, 64))
	default:
		// "Error" is not recording for now; its mode keeps it from starting.
		return false, nil
	}
}

// holds tells whether none of the camera's jobs records, and nothing comes into
// their recordings.
func (w silencing) holds(ctx context.Context, u devices.Undo, c devices.Cover) (bool, error) {
	was, err := w.was(u)
	if err != nil {
		return false, err
	}
	if err := wholeOnly(u.Method, c); err != nil {
		return false, err
	}
	jobs, still, err := w.jobs(ctx)
	if err != nil {
		return false, err
	}
	for _, j := range jobs {
		mode, known := was.mode(j.token)
		if c.Whole {
			if !j.idle() {
				return false, nil
			}
			still, err := w.records(ctx, j)
			if err != nil && !errors.Is(err, devices.ErrUnsupported) {
				return false, err
			}
			if still {
				return false, nil
			}
		} else if known && j.idle() && !(job{mode: mode}).idle() {
			return false, nil
		}
	}
	if !c.Whole {
		return true, nil
	}
	name, err := w.growing(ctx, still, 0)
	return name == "", err
}

// restore sets back the jobs that recorded before and that are still idle.
func (w silencing) restore(ctx context.Context, u devices.Undo) error {
	was, err := w.was(u)
	if err != nil {
		return err
	}
	if !wroteWhole(u) {
		return nil
	}
	r, err := w.readRecorder(ctx)
	if err == nil {
		err = r.jobsErr
	}
	if err != nil {
		return err
	}
	var gone []string
	var refused []error
	for _, old := range was.Jobs {
		if (job{mode: old.Mode}).idle() {
			continue
		}
		i := slices.IndexFunc(r.jobs, func(j job) bool { return j.token == old.Token })
		switch {
		case i < 0:
			gone = append(gone, fmt.Sprintf("%q", plain(old.Token, 64)))
		case r.jobs[i].idle():
			err := w.c.callService(ctx, nsRecord, setRecordingJobMode{JobToken: old.Token, Mode: old.Mode}, &struct{}{})
			if fatal(err) {
				return err
			}
			refused = append(refused, err)
		}
	}
	var left error
	if len(gone) > 0 {
		left = fmt.Errorf("%w: recording jobs %s are gone", devices.ErrForeign, strings.Join(gone, ", "))
	}
	if len(refused) == 0 {
		return left
	}
	if r, err = w.readRecorder(ctx); err == nil {
		err = r.jobsErr
	}
	if err != nil {
		return together(err, left)
	}
	for _, j := range r.jobs {
		if mode, known := was.mode(j.token); known && j.idle() && !(job{mode: mode}).idle() {
			err := fmt.Errorf("%w: recording job %q does not record again", devices.ErrNotApplied, plain(j.token, 64))
			return together(err, together(refused...), left)
		}
	}
	return left
}
