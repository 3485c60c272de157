package sim

import (
	"strconv"
	"time"
)

const (
	recordingService = "/onvif/recording_service"

	inSource        = "(tt:SourceId tt:Name tt:Location tt:Description tt:Address tt:VideoSourceToken?)"
	inConfiguration = "(tt:Source" + inSource + " tt:Content tt:MaximumRetentionTime tt:Target?(~))"

	sourceIsProfile = "http://www.onvif.org/ver10/schema/Profile"
)

func (d *Device) recordingOps() service {
	if d.cam.Recorder == nil {
		return service{}
	}
	capabilities := el("trc:Capabilities", attr{"DynamicRecordings", "false"}, attr{"DynamicTracks", "false"}, attr{"Encoding", d.encoding()},
		attr{"MaxRecordings", strconv.Itoa(len(d.lens))}, attr{"MaxRecordingJobs", strconv.Itoa(len(d.lens))}, attr{"Options", "false"})
	return service{path: recordingService, namespace: nsTRC, capabilities: capabilities, ops: map[string]operation{
		"GetServiceCapabilities": {open: true, do: func(*request) (elem, *soapFault) {
			return el("trc:GetServiceCapabilitiesResponse", capabilities), nil
		}},
		"GetRecordings": {do: func(*request) (elem, *soapFault) {
			a := el("trc:GetRecordingsResponse")
			f := d.recordings(func(list []*recording, _ time.Time) *soapFault {
				for _, r := range list {
					var tracks []elem
					for _, t := range d.tracks() {
						tracks = append(tracks, el("tt:Track", el("tt:TrackToken", t.token),
							el("tt:Configuration", el("tt:TrackType", t.kind), el("tt:Description", t.token))))
					}
					a.kids = append(a.kids, el("trc:RecordingItem", el("tt:RecordingToken", r.token()),
						d.recordingConfiguration("tt:Configuration", r), el("tt:Tracks", tracks)))
				}
				return nil
			})
			return a, f
		}},
		"GetRecordingConfiguration": {in: "RecordingToken", do: func(q *request) (elem, *soapFault) {
			a := el("trc:GetRecordingConfigurationResponse")
			f := d.recording(q.value(nsTRC, "RecordingToken"), (*recording).token, func(r *recording, _ time.Time) *soapFault {
				a.kids = append(a.kids, d.recordingConfiguration("trc:RecordingConfiguration", r))
				return nil
			})
			return a, f
		}},
		"SetRecordingConfiguration": {in: "RecordingToken RecordingConfiguration" + inConfiguration, do: d.setRecordingConfiguration},
		"GetRecordingJobs": {do: func(*request) (elem, *soapFault) {
			a := el("trc:GetRecordingJobsResponse")
			f := d.recordings(func(list []*recording, _ time.Time) *soapFault {
				for _, r := range list {
					a.kids = append(a.kids, el("trc:JobItem", el("tt:JobToken", r.jobToken()), d.jobConfiguration("tt:JobConfiguration", r)))
				}
				return nil
			})
			return a, f
		}},
		"GetRecordingJobConfiguration": {in: "JobToken", do: func(q *request) (elem, *soapFault) {
			a := el("trc:GetRecordingJobConfigurationResponse")
			f := d.recording(q.value(nsTRC, "JobToken"), (*recording).jobToken, func(r *recording, _ time.Time) *soapFault {
				a.kids = append(a.kids, d.jobConfiguration("trc:JobConfiguration", r))
				return nil
			})
			return a, f
		}},
		"GetRecordingJobState": {in: "JobToken", do: func(q *request) (elem, *soapFault) {
			a := el("trc:GetRecordingJobStateResponse")
			f := d.recording(q.value(nsTRC, "JobToken"), (*recording).jobToken, func(r *recording, _ time.Time) *soapFault {
				a.kids = append(a.kids, d.jobState(r))
				return nil
			})
			return a, f
		}},
		"SetRecordingJobMode": {in: "JobToken Mode", do: func(q *request) (elem, *soapFault) {
			mode := q.value(nsTRC, "Mode")
			if mode != "Idle" && mode != "Active" {
				return elem{}, senderFault("a mode is Idle or Active", "ter:InvalidArgVal", "ter:BadMode")
			}
			stuck := d.fault(FaultRecordingNotStopped)
			return el("trc:SetRecordingJobModeResponse"), d.recording(q.value(nsTRC, "JobToken"), (*recording).jobToken, func(r *recording, now time.Time) *soapFault {
				r.setActive(now, mode == "Active", stuck)
				return nil
			})
		}},
	}}
}

// track is one kind of data in every recording.
type track struct{ token, kind string }

func (d *Device) tracks() []track {
	list := []track{{"VIDEO001", "Video"}}
	if d.cam.Sound {
		list = append(list, track{"AUDIO001", "Audio"})
	}
	return append(list, track{"META001", "Metadata"})
}

func (d *Device) recordingSource(name string, lens int) elem {
	return el(name, el("tt:SourceId", d.cam.Endpoint), el("tt:Name", "Lens "+strconv.Itoa(lens)), el("tt:Location", ""),
		el("tt:Description", d.cam.Vendor+" "+d.cam.Model), el("tt:Address", "http://"+d.Addr()+deviceService))
}

func (d *Device) recordingConfiguration(name string, r *recording) elem {
	return el(name, d.recordingSource("tt:Source", r.lens), el("tt:Content", r.content), el("tt:MaximumRetentionTime", formatDuration(r.retention)))
}

func modeWord(active bool) string {
	if active {
		return "Active"
	}
	return "Idle"
}

func (d *Device) profileOfLens(lens int) elem {
	return el("tt:SourceToken", attr{"Type", sourceIsProfile}, el("tt:Token", profileToken(lens, pathMain)))
}

func (d *Device) jobConfiguration(name string, r *recording) elem {
	source := el("tt:Source", d.profileOfLens(r.lens))
	for _, t := range d.tracks() {
		source.kids = append(source.kids, el("tt:Tracks", el("tt:SourceTag", t.kind), el("tt:Destination", t.token)))
	}
	return el(name, el("tt:RecordingToken", r.token()), el("tt:Mode", modeWord(r.active)), el("tt:Priority", 1), source)
}

func (d *Device) jobState(r *recording) elem {
	state := modeWord(r.active)
	var tracks []elem
	for _, t := range d.tracks() {
		tracks = append(tracks, el("tt:Track", el("tt:SourceTag", t.kind), el("tt:Destination", t.token), el("tt:State", state)))
	}
	return el("trc:State", el("tt:RecordingToken", r.token()), el("tt:State", state),
		el("tt:Sources", d.profileOfLens(r.lens), el("tt:State", state), el("tt:Tracks", tracks)))
}

func (d *Device) setRecordingConfiguration(q *request) (elem, *soapFault) {
	c := q.child(nsTRC, "RecordingConfiguration")
	retention, err := parseDuration(c.value(nsTT, "MaximumRetentionTime"))
	if err != nil || retention < 0 {
		return elem{}, senderFault("the retention time is not a duration of days and less", "ter:InvalidArgVal", "ter:BadConfiguration")
	}
	return el("trc:SetRecordingConfigurationResponse"), d.recording(q.value(nsTRC, "RecordingToken"), (*recording).token, func(r *recording, _ time.Time) *soapFault {
		r.content, r.retention = c.value(nsTT, "Content"), retention
		return nil
	})
}
