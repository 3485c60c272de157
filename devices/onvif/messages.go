package onvif

import "encoding/xml"

// Requests of the Media2 and DeviceIO services, which use-go/onvif does not
// have (Media2 service specification §5, DeviceIO §5). Element order matters
// to strict devices.
type (
	getServiceCapabilities2 struct {
		XMLName xml.Name `xml:"tr2:GetServiceCapabilities"`
	}
	getProfiles2 struct {
		XMLName xml.Name `xml:"tr2:GetProfiles"`
		Type    []string `xml:"tr2:Type"`
	}
	getStreamURI2 struct {
		XMLName      xml.Name `xml:"tr2:GetStreamUri"`
		Protocol     string   `xml:"tr2:Protocol"`
		ProfileToken string   `xml:"tr2:ProfileToken"`
	}
	getSnapshotURI2 struct {
		XMLName      xml.Name `xml:"tr2:GetSnapshotUri"`
		ProfileToken string   `xml:"tr2:ProfileToken"`
	}
	getVideoSourceConfigurations2 struct {
		XMLName xml.Name `xml:"tr2:GetVideoSourceConfigurations"`
	}
	getAudioSourceConfigurations2 struct {
		XMLName xml.Name `xml:"tr2:GetAudioSourceConfigurations"`
	}
	// getOSDs1 is here because that of use-go/onvif always sends an empty token.
	getOSDs1 struct {
		XMLName xml.Name `xml:"trt:GetOSDs"`
	}
	getOSDs2 struct {
		XMLName xml.Name `xml:"tr2:GetOSDs"`
	}
	getMasks2 struct {
		XMLName            xml.Name `xml:"tr2:GetMasks"`
		ConfigurationToken string   `xml:"tr2:ConfigurationToken"`
	}
	getMaskOptions2 struct {
		XMLName            xml.Name `xml:"tr2:GetMaskOptions"`
		ConfigurationToken string   `xml:"tr2:ConfigurationToken"`
	}
	createMask2 struct {
		XMLName xml.Name `xml:"tr2:CreateMask"`
		Mask    maskOut  `xml:"tr2:Mask"`
	}
	setMask2 struct {
		XMLName xml.Name `xml:"tr2:SetMask"`
		Mask    maskOut  `xml:"tr2:Mask"`
	}
	deleteMask2 struct {
		XMLName xml.Name `xml:"tr2:DeleteMask"`
		Token   string   `xml:"tr2:Token"`
	}
	getVideoSourcesIO struct {
		XMLName xml.Name `xml:"tmd:GetVideoSources"`
	}
	getAudioSourcesIO struct {
		XMLName xml.Name `xml:"tmd:GetAudioSources"`
	}
)

// maskOut is tr2:Mask as sent. No colour is asked for: a device with
// SingleColorOnly would repaint other people's masks.
type maskOut struct {
	Token              string     `xml:"token,attr,omitempty"`
	ConfigurationToken string     `xml:"tr2:ConfigurationToken"`
	Points             []xmlPoint `xml:"tr2:Polygon>tt:Point"`
	Type               string     `xml:"tr2:Type"`
	Enabled            bool       `xml:"tr2:Enabled"`
}

type xmlPoint struct {
	X float64 `xml:"x,attr"`
	Y float64 `xml:"y,attr"`
}

// Answers. The tags are local names only: devices put elements in the wrong
// namespace, and encoding/xml cannot match a prefix.
type (
	systemDateAndTime struct {
		Source string `xml:"SystemDateAndTime>DateTimeType"`
		UTC    *struct {
			Year   int `xml:"Date>Year"`
			Month  int `xml:"Date>Month"`
			Day    int `xml:"Date>Day"`
			Hour   int `xml:"Time>Hour"`
			Minute int `xml:"Time>Minute"`
			Second int `xml:"Time>Second"`
		} `xml:"SystemDateAndTime>UTCDateTime"`
	}
	serviceList struct {
		Service []struct {
			Namespace string `xml:"Namespace"`
			XAddr     string `xml:"XAddr"`
		} `xml:"Service"`
	}
	capabilityList struct {
		Device    string `xml:"Capabilities>Device>XAddr"`
		Media     string `xml:"Capabilities>Media>XAddr"`
		PTZ       string `xml:"Capabilities>PTZ>XAddr"`
		Imaging   string `xml:"Capabilities>Imaging>XAddr"`
		Analytics string `xml:"Capabilities>Analytics>XAddr"`
		Events    string `xml:"Capabilities>Events>XAddr"`
		DeviceIO  string `xml:"Capabilities>Extension>DeviceIO>XAddr"`
		Recording string `xml:"Capabilities>Extension>Recording>XAddr"`
		Search    string `xml:"Capabilities>Extension>Search>XAddr"`
	}
	deviceInformation struct {
		Manufacturer    string `xml:"Manufacturer"`
		Model           string `xml:"Model"`
		FirmwareVersion string `xml:"FirmwareVersion"`
		SerialNumber    string `xml:"SerialNumber"`
	}
	networkInterfaces struct {
		Interfaces []struct {
			Enabled bool     `xml:"Enabled"`
			MAC     string   `xml:"Info>HwAddress"`
			Manual  []string `xml:"IPv4>Config>Manual>Address"`
			DHCP    []string `xml:"IPv4>Config>FromDHCP>Address"`
		} `xml:"NetworkInterfaces"`
	}
	endpointReference struct {
		GUID string `xml:"GUID"`
	}
	scopeList struct {
		Scopes []struct {
			Item string `xml:"ScopeItem"`
		} `xml:"Scopes"`
	}
	userList struct {
		User []struct {
			Name  string `xml:"Username"`
			Level string `xml:"UserLevel"`
		} `xml:"User"`
	}
	videoSources struct {
		VideoSources []struct {
			Token      string `xml:"token,attr"`
			Resolution size   `xml:"Resolution"`
		} `xml:"VideoSources"`
	}
	audioSources struct {
		AudioSources []struct {
			Token string `xml:"token,attr"`
		} `xml:"AudioSources"`
	}
	tokenList struct {
		Token []string `xml:"Token"`
	}
	audioSourceConfigurations struct {
		Configurations []struct {
			SourceToken string `xml:"SourceToken"`
		} `xml:"Configurations"`
	}
	videoSourceConfigurations struct {
		Configurations []sourceConfiguration `xml:"Configurations"`
	}
	// profileList is the answer of both services: Media2 has the members
	// inside Configurations and under shorter names.
	profileList struct {
		Profiles []struct {
			Token       string               `xml:"token,attr"`
			Name        string               `xml:"Name"`
			VideoSource *sourceConfiguration `xml:"VideoSourceConfiguration"`
			Encoder     *encoder             `xml:"VideoEncoderConfiguration"`
			AudioSource string               `xml:"AudioSourceConfiguration>SourceToken"`
			Audio       *struct{}            `xml:"AudioEncoderConfiguration"`
			PTZ         *struct{}            `xml:"PTZConfiguration"`
			Analytics   *analyticsRef        `xml:"VideoAnalyticsConfiguration"`
			Two         struct {
				VideoSource *sourceConfiguration `xml:"VideoSource"`
				Encoder     *encoder             `xml:"VideoEncoder"`
				AudioSource string               `xml:"AudioSource>SourceToken"`
				Audio       *struct{}            `xml:"AudioEncoder"`
				PTZ         *struct{}            `xml:"PTZ"`
				Analytics   *analyticsRef        `xml:"Analytics"`
			} `xml:"Configurations"`
		} `xml:"Profiles"`
	}
	mediaURI struct {
		Media1 string `xml:"MediaUri>Uri"`
		Media2 string `xml:"Uri"`
	}
	osdList struct {
		OSDs []struct {
			Configuration string `xml:"VideoSourceConfigurationToken"`
			Text          string `xml:"TextString>PlainText"`
		} `xml:"OSDs"`
	}
	mediaCapabilities struct {
		Capabilities struct {
			Mask       bool `xml:"Mask,attr"`
			SourceMask bool `xml:"SourceMask,attr"`
			Streaming  struct {
				Secure string `xml:"SecureRTSPStreaming,attr"`
			} `xml:"StreamingCapabilities"`
		} `xml:"Capabilities"`
	}
	maskList struct {
		Masks []struct {
			Token         string     `xml:"token,attr"`
			Configuration string     `xml:"ConfigurationToken"`
			Points        []xmlPoint `xml:"Polygon>Point"`
			Type          string     `xml:"Type"`
			Enabled       bool       `xml:"Enabled"`
		} `xml:"Masks"`
	}
	maskOptions struct {
		Options struct {
			RectangleOnly bool     `xml:"RectangleOnly,attr"`
			MaxMasks      *int     `xml:"MaxMasks"`
			MaxPoints     *int     `xml:"MaxPoints"`
			Types         []string `xml:"Types"`
		} `xml:"Options"`
	}
	createdMask struct {
		Token string `xml:"Token"`
	}
)

type size struct {
	Width  int `xml:"Width"`
	Height int `xml:"Height"`
}

type sourceConfiguration struct {
	Token       string `xml:"token,attr"`
	ViewMode    string `xml:"ViewMode,attr"`
	SourceToken string `xml:"SourceToken"`
	Bounds      *struct {
		X      int `xml:"x,attr"`
		Y      int `xml:"y,attr"`
		Width  int `xml:"width,attr"`
		Height int `xml:"height,attr"`
	} `xml:"Bounds"`
	Rotate string `xml:"Extension>Rotate>Mode"`
}

type encoder struct {
	Encoding   string `xml:"Encoding"`
	Resolution size   `xml:"Resolution"`
}
