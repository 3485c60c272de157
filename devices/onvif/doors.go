package onvif

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"

	"github.com/lensdop/lensdop/devices"
)

// Services of devices that also guard doors (ONVIF Profiles C and A). Only
// what the device is set up as is asked: never a credential, never a person,
// and nothing that happened at a door.
const (
	nsAccess     = "http://www.onvif.org/ver10/accesscontrol/wsdl"
	nsCredential = "http://www.onvif.org/ver10/credential/wsdl"
)

// Limits of what is asked of doors.
const (
	doorPage   = 50 // access points in one answer
	doorPages  = 16
	doorStates = 32 // of which the state is asked, one by one
	// cardType is the identifier type of badges (ONVIF Credential §5.2).
	cardType = "pt:Card"
)

type (
	getAccessPointInfoList struct {
		XMLName xml.Name `xml:"tac:GetAccessPointInfoList"`
		Limit   int      `xml:"tac:Limit"`
		Start   string   `xml:"tac:StartReference,omitempty"`
	}
	getAccessPointState struct {
		XMLName xml.Name `xml:"tac:GetAccessPointState"`
		Token   string   `xml:"tac:Token"`
	}
	getSupportedFormatTypes struct {
		XMLName xml.Name `xml:"tcr:GetSupportedFormatTypes"`
		Type    string   `xml:"tcr:CredentialIdentifierTypeName"`
	}
	accessPointInfoList struct {
		Next   string `xml:"NextStartReference"`
		Points []struct {
			Token string `xml:"token,attr"`
			Name  string `xml:"Name"`
		} `xml:"AccessPointInfo"`
	}
	accessPointState struct {
		Enabled string `xml:"AccessPointState>Enabled"`
	}
	formatTypes struct {
		Formats []struct {
			Type string `xml:"FormatType"`
		} `xml:"FormatTypeInfo"`
	}
)

// accessPoints lists the doors that the device guards, and whether each is
// enabled. Beyond the first few the state is left unasked.
func (cam *camera) accessPoints(ctx context.Context) ([]devices.AccessPoint, error) {
	out := []devices.AccessPoint{}
	had := map[string]bool{}
	for page, start := 0, ""; ; page++ {
		if page == doorPages || had[start] {
			return nil, fmt.Errorf("%w: %w: the list of access points has no end", devices.ErrMalformed, devices.ErrOutOfBounds)
		}
		had[start] = true
		var list accessPointInfoList
		if err := cam.c.callService(ctx, nsAccess, getAccessPointInfoList{Limit: doorPage, Start: start}, &list); err != nil {
			return nil, err
		}
		for _, p := range list.Points {
			if p.Token == "" {
				return nil, fmt.Errorf("%w: an access point without a token", devices.ErrMalformed)
			}
			out = append(out, devices.AccessPoint{
				Token: p.Token, Name: plain(p.Name, 100),
				Enabled: devices.Unreadable[bool](errors.New("the device has more access points than are asked for their state")),
			})
		}
		if err := tooMany(len(out), "access points"); err != nil {
			return nil, err
		}
		if start = list.Next; strings.TrimSpace(start) == "" {
			break
		}
	}
	for i := range out[:min(len(out), doorStates)] {
		out[i].Enabled = reading(cam.enabled(ctx, out[i].Token))
	}
	return out, nil
}

func (cam *camera) enabled(ctx context.Context, token string) (bool, error) {
	var s accessPointState
	if err := cam.c.callService(ctx, nsAccess, getAccessPointState{Token: token}, &s); err != nil {
		return false, err
	}
	on, known := truth(s.Enabled)
	if !known {
		return false, fmt.Errorf("%w: whether the access point is enabled", devices.ErrMalformed)
	}
	return on, nil
}

// cardFormats lists what the device can read of a badge.
func (cam *camera) cardFormats(ctx context.Context) ([]string, error) {
	var list formatTypes
	if err := cam.c.callService(ctx, nsCredential, getSupportedFormatTypes{Type: cardType}, &list); err != nil {
		return nil, err
	}
	if err := tooMany(len(list.Formats), "card formats"); err != nil {
		return nil, err
	}
	out := []string{}
	for _, f := range list.Formats {
		if name := plain(f.Type, 100); name != "" {
			out = append(out, name)
		}
	}
	return out, nil
}
