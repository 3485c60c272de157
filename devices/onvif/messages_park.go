package onvif

import "encoding/xml"

// Requests of the PTZ service (PTZ service specification §5). Those of
// use-go/onvif always send an empty speed, which strict devices refuse.
type (
	gotoPreset struct {
		XMLName      xml.Name `xml:"tptz:GotoPreset"`
		ProfileToken string   `xml:"tptz:ProfileToken"`
		PresetToken  string   `xml:"tptz:PresetToken"`
	}
	parkGetPresets struct {
		XMLName      xml.Name `xml:"tptz:GetPresets"`
		ProfileToken string   `xml:"tptz:ProfileToken"`
	}
	parkGetStatus struct {
		XMLName      xml.Name `xml:"tptz:GetStatus"`
		ProfileToken string   `xml:"tptz:ProfileToken"`
	}
	absoluteMove struct {
		XMLName      xml.Name  `xml:"tptz:AbsoluteMove"`
		ProfileToken string    `xml:"tptz:ProfileToken"`
		Position     vectorOut `xml:"tptz:Position"`
	}
	vectorOut struct {
		PanTilt *panTiltOut `xml:"tt:PanTilt"`
		Zoom    *zoomOut    `xml:"tt:Zoom"`
	}
	panTiltOut struct {
		X     float64 `xml:"x,attr"`
		Y     float64 `xml:"y,attr"`
		Space string  `xml:"space,attr,omitempty"`
	}
	zoomOut struct {
		X     float64 `xml:"x,attr"`
		Space string  `xml:"space,attr,omitempty"`
	}
)

// Answers.
type (
	parkPresets struct {
		Presets []struct {
			Token    string    `xml:"token,attr"`
			Name     string    `xml:"Name"`
			Position *vectorIn `xml:"PTZPosition"`
		} `xml:"Preset"`
	}
	parkStatus struct {
		Position *vectorIn `xml:"PTZStatus>Position"`
		PanTilt  string    `xml:"PTZStatus>MoveStatus>PanTilt"`
		Zoom     string    `xml:"PTZStatus>MoveStatus>Zoom"`
	}
	vectorIn struct {
		PanTilt *struct {
			X     *float64 `xml:"x,attr"`
			Y     *float64 `xml:"y,attr"`
			Space string   `xml:"space,attr"`
		} `xml:"PanTilt"`
		Zoom *struct {
			X     *float64 `xml:"x,attr"`
			Space string   `xml:"space,attr"`
		} `xml:"Zoom"`
	}
)
