package onvif

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// observeRecordings are this camera's recordings on the device, and those that
// do not tell whose they are. The bound of one that is kept for months is told
// as the most that it can be.
func (cam *camera) observeRecordings(ctx context.Context) ([]devices.Recording, error) {
	r, err := cam.readRecorder(ctx)
	if err != nil {
		return nil, err
	}
	out := []devices.Recording{}
	for _, one := range r.recordings {
		if one.whose == others {
			continue
		}
		d := devices.Recording{Token: plain(one.token, 100), Tracks: one.tracks, Active: active(one, r)}
		if one.whose == ours {
			d.Source = cam.info.Source
		}
		now, err := readTerm(one)
		d.Retention = reading(now.most, err)
		var info recordingInformation
		err = cam.c.callService(ctx, nsSearch, getRecordingInformation{RecordingToken: one.token}, &info)
		if ctx.Err() != nil {
			return nil, interrupted(ctx)
		}
		switch {
		case err == nil:
			d.Oldest = instant(info.Earliest, info.Status)
			d.Newest = instant(info.Latest, info.Status)
		case len(r.recordings) == 1 && !fatal(err):
			d.Oldest, d.Newest = cam.summary(ctx)
		default:
			d.Oldest, d.Newest = reading(time.Time{}, err), reading(time.Time{}, err)
		}
		out = append(out, d)
	}
	return out, nil
}

// active tells whether a job writes to the recording, by the jobs' modes.
func active(one recording, r recorder) devices.Value[bool] {
	if r.jobsErr != nil {
		return reading(false, r.jobsErr)
	}
	for _, j := range r.jobs {
		if j.recording == one.token && !j.idle() {
			return devices.Of(true)
		}
	}
	return devices.Of(false)
}

// summary tells what is oldest and newest on the whole device, which is the
// answer where there is one recording.
func (cam *camera) summary(ctx context.Context) (oldest, newest devices.Value[time.Time]) {
	var s recordingSummary
	if err := cam.c.callService(ctx, nsSearch, getRecordingSummary{}, &s); err != nil {
		return reading(time.Time{}, err), reading(time.Time{}, err)
	}
	return instant(s.From, ""), instant(s.Until, "")
}

// plausible is before the first ONVIF device: an older instant is a clock that
// was never set.
func plausible() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// instant reads an xs:dateTime. Only a recording that the device says was
// started and has nothing yet is empty; for any other, silence is unreadable.
func instant(s, status string) devices.Value[time.Time] {
	s = strings.TrimSpace(s)
	if s == "" {
		if strings.EqualFold(strings.TrimSpace(status), "Initiated") {
			return devices.Of(time.Time{})
		}
		return devices.Unreadable[time.Time](errors.New("the device does not tell when"))
	}
	t, err := parseInstant(s)
	switch {
	case err != nil:
		return devices.Unreadable[time.Time](err)
	case t.Before(plausible()):
		return devices.Unreadable[time.Time](fmt.Errorf("%w: an instant of the year %d, from a clock that was not set", devices.ErrMalformed, t.Year()))
	}
	return devices.Of(t)
}

// parseInstant reads an xs:dateTime (XML Schema part 2 §3.2.7). ONVIF's are in
// UTC; one without a zone is read as such.
func parseInstant(s string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%w: %q is no instant", devices.ErrMalformed, plain(s, 40))
}

// observeStorage lists where the device can put its recordings.
func (cam *camera) observeStorage(ctx context.Context) ([]devices.Storage, error) {
	var list storageList
	if err := cam.c.call(ctx, cam.c.device, getStorageConfigurations{}, &list, true); err != nil {
		return nil, err
	}
	out := []devices.Storage{}
	for _, s := range list.Items {
		if len(out) == maxRecordings {
			return nil, fmt.Errorf("%w: %w: %d storages", devices.ErrMalformed, devices.ErrOutOfBounds, len(list.Items))
		}
		d := devices.Storage{Token: plain(s.Token, 100), Kind: strings.ToLower(plain(s.Data.Type, 40))}
		switch uri := strings.TrimSpace(s.Data.URI); {
		case uri == "" && strings.TrimSpace(s.Data.LocalPath) != "", strings.HasPrefix(strings.ToLower(uri), "file:"):
			d.Kind = "local"
		case uri != "":
			d.Address = cam.c.storageAddress(uri)
		}
		out = append(out, d)
	}
	return out, nil
}

// storageAddress is the address without what may be a login. One that cannot be
// read is left out: a login may be anywhere in it.
func (c *client) storageAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" && u.Opaque != "" {
		return ""
	}
	u.User, u.RawQuery, u.Fragment, u.RawFragment = nil, "", "", ""
	s = plain(u.String(), 200)
	if pw := string(c.cred.Password); len(pw) > 3 && (strings.Contains(s, pw) || strings.Contains(s, url.PathEscape(pw))) {
		return ""
	}
	return s
}
