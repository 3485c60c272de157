package onvif

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/devices"
)

func FuzzNotifications(f *testing.F) {
	add := func(messages ...string) {
		f.Add([]byte(envelopeOf(`<tev:PullMessagesResponse>` + strings.Join(messages, "") + `</tev:PullMessagesResponse>`)))
	}
	add()
	add(message("tns1:VideoSource/SignalLoss", changed, "Source=VS1", "State=true"), message("tns1:Device/tns1:Trigger/tns1:Relay", "", "RelayToken=R1", "LogicalState=active"))
	add(message("tns1:RuleEngine/FaceRecognition/Face", changed, "Source=VS1", "Name=somebody"))
	add(message("::::/tns1:Door/a:Tamper//", `PropertyType="Deleted"`, "x=y x=z", "STATE=NotInTamper"))
	f.Add([]byte(`<Envelope><Body><PullMessagesResponse><NotificationMessage><Topic>Device/Tampering</Topic><Message><Message><Source><SimpleItem/></Source></Message></Message></NotificationMessage>`))
	kinds := []devices.EventKind{devices.EventTamper, devices.EventLoss, devices.EventContact, devices.EventInput}
	f.Fuzz(func(t *testing.T, b []byte) {
		var out notices
		if err := parseAnswer(b, "PullMessagesResponse", &out); err != nil {
			var fa *fault
			if !errors.As(err, &fa) && !errors.Is(err, devices.ErrMalformed) {
				t.Errorf("error %v is neither a fault nor ErrMalformed", err)
			}
			return
		}
		if len(out.Messages.kept) > out.Messages.seen || out.Messages.seen > maxNotices {
			t.Errorf("%d of %d messages", len(out.Messages.kept), out.Messages.seen)
		}
		for _, n := range out.Messages.kept {
			if !slices.Contains(kinds, n.kind) {
				t.Errorf("kind %q", n.kind)
			}
			path, ok := segments(n.topic)
			if kind, known := kindOf(path); !ok || !known || kind != n.kind || n.topic != plain(n.topic, len(n.topic)) {
				t.Errorf("topic %q of %s", n.topic, n.kind)
			}
			for _, private := range []string{"motion", "face", "credential", "plate", "access"} {
				if len(path) > 1 && strings.Contains(strings.ToLower(path[0]), private) {
					t.Errorf("%q leaves the package", n.topic)
				}
			}
			n.token()
			n.on()
		}
	})
}

func FuzzTopicSet(f *testing.F) {
	f.Add([]byte(envelopeOf(set)))
	f.Add([]byte(envelopeOf(`<GetEventPropertiesResponse><TopicSet/></GetEventPropertiesResponse>`)))
	f.Add([]byte(envelopeOf(`<GetEventPropertiesResponse><TopicExpressionDialect>` + concretely + `</TopicExpressionDialect><TopicSet><tns1:VideoSource><SignalLoss/><x:GlobalSceneChange xmlns:x="u"/></tns1:VideoSource></TopicSet></GetEventPropertiesResponse>`)))
	f.Add([]byte(`<Envelope><Body><GetEventPropertiesResponse><TopicSet>` + strings.Repeat("<a>", 30)))
	f.Fuzz(func(t *testing.T, b []byte) {
		var p eventProperties
		if err := parseAnswer(b, "GetEventPropertiesResponse", &p); err != nil {
			var fa *fault
			if !errors.As(err, &fa) && !errors.Is(err, devices.ErrMalformed) {
				t.Errorf("error %v is neither a fault nor ErrMalformed", err)
			}
			return
		}
		// A set may be told in several parts; each is bounded.
		for _, x := range p.Set.topics {
			if len(x.path) == 0 || len(x.path) > maxSegments {
				t.Errorf("topic %q", x)
			}
		}
		e := p.expression()
		if e == "" {
			return
		}
		for part := range strings.SplitSeq(e, "|") {
			if !strings.HasPrefix(part, "tns1:") || strings.Contains(part, "MotionAlarm") {
				t.Errorf("filter %q", e)
			}
		}
		if _, _, err := envelope(createPullPoint{Filter: &filter{expression{concretely, e}}}, ""); err != nil {
			t.Errorf("filter %q: %v", e, err)
		}
	})
}

// What a device wants back is sent back in a message that is still one.
func FuzzSubscriptionReference(f *testing.F) {
	f.Add([]byte(envelopeOf(`<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference><wsa:Address>/x?y=1</wsa:Address><wsa:ReferenceParameters><o:Id xmlns:o="u" a="b">1</o:Id></wsa:ReferenceParameters></tev:SubscriptionReference></tev:CreatePullPointSubscriptionResponse>`)))
	f.Add([]byte(envelopeOf(`<CreatePullPointSubscriptionResponse><SubscriptionReference><Address>//h:0/%</Address></SubscriptionReference><CurrentTime>x</CurrentTime></CreatePullPointSubscriptionResponse>`)))
	c, err := newClient(Options{}.withDefaults(), devices.Target{Found: devices.Found{Address: "127.0.0.1:8080"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var l lease
		if parseAnswer(b, "CreatePullPointSubscriptionResponse", &l) != nil {
			return
		}
		s, err := c.subscribed(t.Context(), c.device, l, false)
		if err != nil {
			if !errors.Is(err, devices.ErrMalformed) {
				t.Errorf("error %v is not ErrMalformed", err)
			}
			return
		}
		if s.to.Hostname() != "127.0.0.1" || s.to.User != nil {
			t.Errorf("it is at %s", s.to)
		}
		msg, name, err := envelope(s.pulling(0), "")
		if err != nil || name != "PullMessages" {
			t.Fatalf("%s, %v", name, err)
		}
		if err := wellFormed(string(msg)); err != nil || !strings.Contains(string(msg), "<tev:PullMessages>") {
			t.Errorf("%v in %s", err, msg)
		}
	})
}
