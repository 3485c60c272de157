package onvif

import "encoding/xml"

// Requests of Media2 and DeviceIO that use-go/onvif does not have.
type (
	// getAnalyticsProfiles2 is GetProfiles with what tells the lens and the
	// analytics of a profile, apart from the other types: a device that has
	// never heard of this one still lists its paths.
	getAnalyticsProfiles2 struct {
		XMLName xml.Name `xml:"tr2:GetProfiles"`
		Type    []string `xml:"tr2:Type"`
	}
	getRelayOutputsIO struct {
		XMLName xml.Name `xml:"tmd:GetRelayOutputs"`
	}
)

// Answers. Numbers and words are read as text, so that one that is garbled
// spoils no other.
type (
	analyticsRef struct {
		Token string `xml:"token,attr"`
	}
	analyticsModules struct {
		Modules []namedConfig `xml:"AnalyticsModule"`
	}
	analyticsRules struct {
		Rules []namedConfig `xml:"Rule"`
	}
	namedConfig struct {
		Name string `xml:"Name,attr"`
		Type string `xml:"Type,attr"`
	}
	geoLocations struct {
		Locations []geoEntity `xml:"Location"`
	}
	geoEntity struct {
		Entity string `xml:"Entity,attr"`
		Token  string `xml:"Token,attr"`
		Place  struct {
			Lon       *string `xml:"lon,attr"`
			Lat       *string `xml:"lat,attr"`
			Elevation *string `xml:"elevation,attr"`
		} `xml:"GeoLocation"`
		Orientation struct {
			Pitch *string `xml:"pitch,attr"`
			Yaw   *string `xml:"yaw,attr"`
		} `xml:"GeoOrientation"`
	}
	networkProtocols struct {
		Protocols []struct {
			Name    string `xml:"Name"`
			Enabled string `xml:"Enabled"`
		} `xml:"NetworkProtocols"`
	}
	discoveryMode struct {
		Mode string `xml:"DiscoveryMode"`
	}
	remoteDiscoveryMode struct {
		Mode string `xml:"RemoteDiscoveryMode"`
	}
	ptzPresets struct {
		Presets []struct {
			Token    string      `xml:"token,attr"`
			Name     string      `xml:"Name"`
			Position ptzPosition `xml:"PTZPosition"`
		} `xml:"Preset"`
	}
	ptzStatus struct {
		Position ptzPosition `xml:"PTZStatus>Position"`
		PanTilt  string      `xml:"PTZStatus>MoveStatus>PanTilt"`
		Zoom     string      `xml:"PTZStatus>MoveStatus>Zoom"`
	}
	ptzPosition struct {
		PanTilt *struct {
			X     *string `xml:"x,attr"`
			Y     *string `xml:"y,attr"`
			Space string  `xml:"space,attr"`
		} `xml:"PanTilt"`
		Zoom *struct {
			X     *string `xml:"x,attr"`
			Space string  `xml:"space,attr"`
		} `xml:"Zoom"`
	}
	imagingSettings struct {
		IrCutFilter string  `xml:"ImagingSettings>IrCutFilter"`
		Brightness  *string `xml:"ImagingSettings>Brightness"`
	}
	relayOutputs struct {
		Outputs []struct {
			Token string `xml:"token,attr"`
			Mode  string `xml:"Properties>Mode"`
			Idle  string `xml:"Properties>IdleState"`
		} `xml:"RelayOutputs"`
	}
)
