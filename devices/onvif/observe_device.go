package onvif

import (
	"context"
	"net/url"
	"strings"

	"github.com/lensdop/lensdop/devices"
	"github.com/use-go/onvif/device"
)

const locationScope = "onvif://www.onvif.org/location/"

func (cam *camera) location(ctx context.Context) ([]string, error) {
	var list scopeList
	if err := cam.c.call(ctx, cam.c.device, device.GetScopes{}, &list, true); err != nil {
		return nil, err
	}
	out := []string{}
	for _, s := range list.Scopes {
		item := strings.TrimSpace(s.Item)
		if len(item) <= len(locationScope) || !strings.EqualFold(item[:len(locationScope)], locationScope) {
			continue
		}
		text := item[len(locationScope):]
		if decoded, err := url.PathUnescape(text); err == nil {
			text = decoded
		}
		out = append(out, plain(text, 400))
	}
	return out, nil
}

func (cam *camera) users(ctx context.Context) ([]devices.User, error) {
	var list userList
	if err := cam.c.call(ctx, cam.c.device, device.GetUsers{}, &list, true); err != nil {
		return nil, err
	}
	out := []devices.User{}
	for _, u := range list.User {
		out = append(out, devices.User{Name: plain(u.Name, 100), Level: plain(u.Level, 40)})
	}
	return out, nil
}
