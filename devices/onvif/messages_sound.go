package onvif

import "encoding/xml"

// Requests to take the sound out of profiles and to put it back (Media2 §5.2,
// Media §5.2).
type (
	addConfiguration2 struct {
		XMLName       xml.Name `xml:"tr2:AddConfiguration"`
		ProfileToken  string   `xml:"tr2:ProfileToken"`
		Configuration confRef2 `xml:"tr2:Configuration"`
	}
	removeConfiguration2 struct {
		XMLName       xml.Name `xml:"tr2:RemoveConfiguration"`
		ProfileToken  string   `xml:"tr2:ProfileToken"`
		Configuration confRef2 `xml:"tr2:Configuration"`
	}
	confRef2 struct {
		Type  string `xml:"tr2:Type"`
		Token string `xml:"tr2:Token,omitempty"`
	}
)

// soundProfiles is the answer of both services, as far as it is about sound.
type soundProfiles struct {
	Profiles []struct {
		Token string               `xml:"token,attr"`
		Video *sourceConfiguration `xml:"VideoSourceConfiguration"`
		Sound *soundEncoder        `xml:"AudioEncoderConfiguration"`
		Two   *struct {
			Video *sourceConfiguration `xml:"VideoSource"`
			Sound *soundEncoder        `xml:"AudioEncoder"`
		} `xml:"Configurations"`
	} `xml:"Profiles"`
}

type soundEncoder struct {
	Token string `xml:"token,attr"`
}
