package onvif

import "encoding/xml"

// Requests of the recording control and recording search services, which
// use-go/onvif does not have (Recording Control §5, Recording Search §5).
type (
	getRecordings struct {
		XMLName xml.Name `xml:"trc:GetRecordings"`
	}
	getRecordingJobs struct {
		XMLName xml.Name `xml:"trc:GetRecordingJobs"`
	}
	getRecordingJobState struct {
		XMLName  xml.Name `xml:"trc:GetRecordingJobState"`
		JobToken string   `xml:"trc:JobToken"`
	}
	setRecordingJobMode struct {
		XMLName  xml.Name `xml:"trc:SetRecordingJobMode"`
		JobToken string   `xml:"trc:JobToken"`
		Mode     string   `xml:"trc:Mode"`
	}
	// setRecordingConfiguration has the configuration as XML text.
	setRecordingConfiguration struct {
		XMLName        xml.Name `xml:"trc:SetRecordingConfiguration"`
		RecordingToken string   `xml:"trc:RecordingToken"`
		Configuration  string   `xml:",innerxml"`
	}
	getRecordingSummary struct {
		XMLName xml.Name `xml:"tse:GetRecordingSummary"`
	}
	getRecordingInformation struct {
		XMLName        xml.Name `xml:"tse:GetRecordingInformation"`
		RecordingToken string   `xml:"tse:RecordingToken"`
	}
	getStorageConfigurations struct {
		XMLName xml.Name `xml:"tds:GetStorageConfigurations"`
	}
)

// Answers.
type (
	recordingList struct {
		Items []struct {
			Token         string `xml:"RecordingToken"`
			Configuration struct {
				SourceID    string  `xml:"Source>SourceId"`
				VideoSource string  `xml:"Source>VideoSourceToken"`
				Retention   *string `xml:"MaximumRetentionTime"`
			} `xml:"Configuration"`
			Tracks []string `xml:"Tracks>Track>Configuration>TrackType"`
		} `xml:"RecordingItem"`

		message []byte // the whole answer
	}
	jobList struct {
		Items []struct {
			Token     string `xml:"JobToken"`
			Recording string `xml:"JobConfiguration>RecordingToken"`
			Mode      string `xml:"JobConfiguration>Mode"`
			Sources   []struct {
				Reference struct {
					Token string `xml:"Token"`
					Type  string `xml:"Type,attr"`
				} `xml:"SourceToken"`
			} `xml:"JobConfiguration>Source"`
		} `xml:"JobItem"`
	}
	jobState struct {
		State string `xml:"State>State"`
	}
	recordingSummary struct {
		From  string `xml:"Summary>DataFrom"`
		Until string `xml:"Summary>DataUntil"`
		Count *int   `xml:"Summary>NumberRecordings"`
	}
	recordingInformation struct {
		Earliest string   `xml:"RecordingInformation>EarliestRecording"`
		Latest   string   `xml:"RecordingInformation>LatestRecording"`
		Status   string   `xml:"RecordingInformation>RecordingStatus"`
		Tracks   []string `xml:"RecordingInformation>Track>TrackType"`
	}
	storageList struct {
		Items []struct {
			Token string `xml:"token,attr"`
			Data  struct {
				Type      string `xml:"type,attr"`
				LocalPath string `xml:"LocalPath"`
				URI       string `xml:"StorageUri"`
			} `xml:"Data"`
		} `xml:"StorageConfigurations"`
	}
)

// keep is called with the whole answer before it is decoded.
func (l *recordingList) keep(message []byte) { l.message = message }
