package sim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const searchService = "/onvif/search_service"

// search is one search for recordings: what it found and did not hand out yet.
type search struct {
	found []elem
	keep  time.Duration
	until time.Time // host clock
}

// maxSearches bounds those that nobody ended.
const maxSearches = 8

func (d *Device) searchOps() service {
	if d.cam.Recorder == nil {
		return service{}
	}
	capabilities := el("tse:Capabilities", attr{"MetadataSearch", "false"}, attr{"GeneralStartEvents", "false"})
	return service{path: searchService, namespace: nsTSE, capabilities: capabilities, ops: map[string]operation{
		"GetServiceCapabilities": {open: true, do: func(*request) (elem, *soapFault) {
			return el("tse:GetServiceCapabilitiesResponse", capabilities), nil
		}},
		"GetRecordingSummary": {do: d.getRecordingSummary},
		"GetRecordingInformation": {in: "RecordingToken", do: func(q *request) (elem, *soapFault) {
			a := el("tse:GetRecordingInformationResponse")
			f := d.recording(q.value(nsTSE, "RecordingToken"), (*recording).token, func(r *recording, _ time.Time) *soapFault {
				a.kids = append(a.kids, d.recordingInformation("tse:RecordingInformation", r))
				return nil
			})
			return a, f
		}},
		"FindRecordings": {
			in: "Scope(tt:IncludedSources*(~) tt:IncludedRecordings* tt:RecordingInformationFilter? tt:Extension?(~)) MaxMatches? KeepAliveTime",
			do: d.findRecordings,
		},
		"GetRecordingSearchResults": {in: "SearchToken MinResults? MaxResults? WaitTime?", do: d.getRecordingSearchResults},
		"EndSearch": {in: "SearchToken", do: func(q *request) (elem, *soapFault) {
			return el("tse:EndSearchResponse", el("tse:Endpoint", utc(d.now()))), d.searching(q, func(*search) bool { return true })
		}},
	}}
}

func (d *Device) getRecordingSummary(*request) (elem, *soapFault) {
	var from, until time.Time
	count := 0
	f := d.recordings(func(list []*recording, now time.Time) *soapFault {
		count = len(list)
		for _, r := range list {
			a, b, ok := r.bounds()
			if ok && (from.IsZero() || a.Before(from)) {
				from = a
			}
			if ok && b.After(until) {
				until = b
			}
		}
		if from.IsZero() {
			from, until = now, now // a device that holds nothing
		}
		return nil
	})
	return el("tse:GetRecordingSummaryResponse", el("tse:Summary",
		el("tt:DataFrom", utc(from)), el("tt:DataUntil", utc(until)), el("tt:NumberRecordings", count))), f
}

// recordingInformation tells the times of what is kept. A recording without
// data has none; its tracks then name the start of time.
func (d *Device) recordingInformation(name string, r *recording) elem {
	from, until, ok := r.bounds()
	e := el(name, el("tt:RecordingToken", r.token()), d.recordingSource("tt:Source", r.lens))
	if ok {
		e.kids = append(e.kids, el("tt:EarliestRecording", utc(from)), el("tt:LatestRecording", utc(until)))
	} else {
		from, until = time.Unix(0, 0), time.Unix(0, 0)
	}
	e.kids = append(e.kids, el("tt:Content", r.content))
	for _, t := range d.tracks() {
		e.kids = append(e.kids, el("tt:Track", el("tt:TrackToken", t.token), el("tt:TrackType", t.kind), el("tt:Description", t.token),
			el("tt:DataFrom", utc(from)), el("tt:DataTo", utc(until))))
	}
	status := "Stopped"
	if r.active {
		status = "Recording"
	}
	e.kids = append(e.kids, el("tt:RecordingStatus", status))
	return e
}

func (d *Device) findRecordings(q *request) (elem, *soapFault) {
	keep, err := parseDuration(q.value(nsTSE, "KeepAliveTime"))
	if err != nil || keep <= 0 || keep > time.Hour {
		return elem{}, senderFault("the search must be kept alive for up to an hour", "ter:InvalidArgVal")
	}
	most, err := strconv.Atoi(cmp.Or(q.value(nsTSE, "MaxMatches"), "1000"))
	if err != nil || most < 1 {
		return elem{}, senderFault("MaxMatches is no number", "ter:InvalidArgVal")
	}
	scope := q.child(nsTSE, "Scope")
	if scope.child(nsTT, "RecordingInformationFilter") != nil {
		return elem{}, receiverFault("recordings are not filtered by content", "ter:ActionNotSupported", "ter:UnsupportedScope")
	}
	var only []string
	for _, k := range scope.kids {
		if k.name.Local == "IncludedRecordings" {
			only = append(only, strings.TrimSpace(k.text))
		}
	}
	s := &search{keep: keep, until: time.Now().Add(keep)}
	token := ""
	f := d.recordings(func(list []*recording, _ time.Time) *soapFault {
		for t, old := range d.recorder.searches {
			if time.Now().After(old.until) {
				delete(d.recorder.searches, t)
			}
		}
		if len(d.recorder.searches) >= maxSearches {
			return receiverFault("too many searches", "ter:Action", "ter:ResourceProblem")
		}
		for _, r := range list {
			if (len(only) == 0 || slices.Contains(only, r.token())) && len(s.found) < most {
				s.found = append(s.found, d.recordingInformation("tt:RecordingInformation", r))
			}
		}
		d.recorder.last++
		token = "search_" + strconv.Itoa(d.recorder.last)
		d.recorder.searches[token] = s
		return nil
	})
	return el("tse:FindRecordingsResponse", el("tse:SearchToken", token)), f
}

// searching works on the search that a request names; f tells whether it ends.
func (d *Device) searching(q *request, f func(*search) bool) *soapFault {
	token := q.value(nsTSE, "SearchToken")
	d.recorder.mu.Lock()
	defer d.recorder.mu.Unlock()
	s := d.recorder.searches[token]
	if s == nil || time.Now().After(s.until) {
		return senderFault("there is no such search", "ter:InvalidArgVal", "ter:InvalidToken")
	}
	s.until = time.Now().Add(s.keep)
	if f(s) {
		delete(d.recorder.searches, token)
	}
	return nil
}

func (d *Device) getRecordingSearchResults(q *request) (elem, *soapFault) {
	most, err := strconv.Atoi(cmp.Or(q.value(nsTSE, "MaxResults"), "100"))
	if err != nil || most < 1 {
		return elem{}, senderFault("MaxResults is no number", "ter:InvalidArgVal")
	}
	list := el("tse:ResultList")
	f := d.searching(q, func(s *search) bool {
		n := min(most, len(s.found))
		state := "Searching"
		if n == len(s.found) {
			state = "Completed"
		}
		list.kids = append([]elem{el("tt:SearchState", state)}, s.found[:n]...)
		s.found = s.found[n:]
		return false
	})
	return el("tse:GetRecordingSearchResultsResponse", list), f
}
