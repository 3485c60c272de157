package onvif

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/devices"
)

// doors makes the fake a device that guards n doors and pages its list.
func (f *fake) doors(n, page int) {
	f.services = append(f.services, [2]string{nsAccess, "access"}, [2]string{nsCredential, "credential"})
	f.more["tac:GetAccessPointInfoList"] = func(body string) string {
		from := 0
		if s := text(body, "StartReference"); s != "" {
			if _, err := fmt.Sscanf(s, "at %d", &from); err != nil {
				f.t.Errorf("start reference %q", s)
			}
		}
		out := `<tac:GetAccessPointInfoListResponse xmlns:tac="urn:any">`
		if from+page < n {
			out += fmt.Sprintf(`<tac:NextStartReference>at %d</tac:NextStartReference>`, from+page)
		}
		for i := from; i < min(from+page, n); i++ {
			out += fmt.Sprintf(`<tac:AccessPointInfo token="ap%d"><tac:Name>door %d</tac:Name><tac:Entity>D</tac:Entity></tac:AccessPointInfo>`, i, i)
		}
		return out + `</tac:GetAccessPointInfoListResponse>`
	}
	f.more["tac:GetAccessPointState"] = func(body string) string {
		return `<GetAccessPointStateResponse><AccessPointState><Enabled>` + map[string]string{"ap0": "true", "ap1": "0"}[text(body, "Token")] +
			`</Enabled></AccessPointState></GetAccessPointStateResponse>`
	}
	f.more["tcr:GetSupportedFormatTypes"] = func(body string) string {
		if text(body, "CredentialIdentifierTypeName") != "pt:Card" {
			return ""
		}
		return `<GetSupportedFormatTypesResponse><FormatTypeInfo><FormatType>WIEGAND26</FormatType><Description>x</Description></FormatTypeInfo>` +
			`<FormatTypeInfo><FormatType> GUID </FormatType></FormatTypeInfo></GetSupportedFormatTypesResponse>`
	}
}

func TestDoors(t *testing.T) {
	f := newFake(t)
	f.doors(3, 2)
	o := observed(t, f)
	points, ok := o.AccessPoints.Get()
	if !ok || len(points) != 3 {
		t.Fatalf("got %v", o.AccessPoints)
	}
	for i, want := range []devices.Value[bool]{devices.Of(true), devices.Of(false)} {
		if p := points[i]; p.Enabled != want || p.Token != fmt.Sprintf("ap%d", i) || p.Name != fmt.Sprintf("door %d", i) {
			t.Errorf("got %+v", p)
		}
	}
	if _, ok := points[2].Enabled.Get(); ok || points[2].Enabled.IsNotSupported() {
		t.Errorf("a state that is none: %v", points[2].Enabled)
	}
	if want := devices.Of([]string{"WIEGAND26", "GUID"}); !reflect.DeepEqual(o.CardFormats, want) {
		t.Errorf("card formats %v", o.CardFormats)
	}
	for _, op := range f.ops {
		if strings.Contains(op, "Credential") || strings.HasPrefix(op, "tcr:") && op != "tcr:GetSupportedFormatTypes" {
			t.Errorf("asked for %s", op)
		}
	}
}

func TestManyDoors(t *testing.T) {
	f := newFake(t)
	f.doors(100, 50)
	o := observed(t, f)
	if points, ok := o.AccessPoints.Get(); !ok || len(points) != 100 || f.count("tac:GetAccessPointState") != doorStates {
		t.Errorf("%d of %v", f.count("tac:GetAccessPointState"), o.AccessPoints)
	} else if !strings.Contains(points[99].Enabled.Why(), "more access points") {
		t.Errorf("the last one: %v", points[99].Enabled)
	}
	for name, spoil := range map[string]func(body string) string{
		"round and round": func(string) string {
			return `<GetAccessPointInfoListResponse><NextStartReference>again</NextStartReference></GetAccessPointInfoListResponse>`
		},
		"far too many": func(string) string {
			return `<GetAccessPointInfoListResponse>` + strings.Repeat(`<AccessPointInfo token="a"/>`, maxListed+1) + `</GetAccessPointInfoListResponse>`
		},
		"without a token": func(string) string {
			return `<GetAccessPointInfoListResponse><AccessPointInfo/></GetAccessPointInfoListResponse>`
		},
	} {
		f.more["tac:GetAccessPointInfoList"] = spoil
		if o := observed(t, f); o.AccessPoints.IsNotSupported() || o.AccessPoints.Why() == "" {
			t.Errorf("%s: %v", name, o.AccessPoints)
		}
	}
}

// Doors are of the device: a second lens does not ask again.
func TestDoorsOnce(t *testing.T) {
	f := newFake(t)
	f.doors(2, 2)
	f.sources = []string{"VS1", "VS2"}
	f.configs = []fakeConfig{{"VSC1", "VS1", 0, 0, 1920, 1080}, {"VSC2", "VS2", 0, 0, 1920, 1080}}
	for _, cam := range openLenses(t, f, Options{}) {
		o, err := cam.Observe(t.Context())
		if points, ok := o.AccessPoints.Get(); err != nil || !ok || len(points) != 2 {
			t.Errorf("got %v, %v", o.AccessPoints, err)
		}
	}
	if n, m := f.count("tac:GetAccessPointInfoList"), f.count("tcr:GetSupportedFormatTypes"); n != 1 || m != 1 {
		t.Errorf("asked %d and %d times", n, m)
	}
}
