package onvif

import "encoding/xml"

const (
	wsaSpace  = "http://www.w3.org/2005/08/addressing"
	wsntSpace = "http://docs.oasis-open.org/wsn/b-2"
	pullPort  = "http://www.onvif.org/ver10/events/wsdl/PullPointSubscription/"
)

// Requests of the event service (Core §9.2). Those of use-go/onvif cannot be
// answered by a strict device.
type (
	shortPullPoint struct {
		XMLName xml.Name `xml:"tev:CreatePullPointSubscription"`
		Lasts   string   `xml:"tev:InitialTerminationTime"`
	}
	shortPull struct {
		XMLName xml.Name `xml:"tev:PullMessages"`
		Timeout string   `xml:"tev:Timeout"`
		Limit   int      `xml:"tev:MessageLimit"`

		at addressed
	}
	shortSynchronize struct {
		XMLName xml.Name `xml:"tev:SetSynchronizationPoint"`

		at addressed
	}
	shortUnsubscribe struct {
		XMLName xml.Name `xml:"wsnt:Unsubscribe"`
		Space   string   `xml:"xmlns:wsnt,attr"`

		at addressed
	}
	// setRelayOutputState is a tds element at both services: that is how the
	// WSDL of DeviceIO has it.
	setRelayOutputState struct {
		XMLName xml.Name `xml:"tds:SetRelayOutputState"`
		Token   string   `xml:"tds:RelayOutputToken"`
		State   string   `xml:"tds:LogicalState"`
	}
)

// addressed is where a request to a subscription goes (WS-Addressing 1.0 SOAP
// binding §2): some devices tell subscriptions apart by the header only.
type addressed struct {
	action, to string
	parameters []string // elements, complete
}

func (a addressed) elements() []string {
	text := func(name, s string) string {
		b, err := xml.Marshal(struct {
			XMLName xml.Name
			Space   string `xml:"xmlns:wsa,attr"`
			Text    string `xml:",chardata"`
		}{xml.Name{Local: "wsa:" + name}, wsaSpace, s})
		if err != nil {
			return ""
		}
		return string(b)
	}
	return append([]string{text("Action", a.action), text("To", a.to)}, a.parameters...)
}

func (r shortPull) header() []string        { return r.at.elements() }
func (r shortSynchronize) header() []string { return r.at.elements() }
func (r shortUnsubscribe) header() []string { return r.at.elements() }

// Answers.
type (
	pullPoint struct {
		Address string `xml:"SubscriptionReference>Address"`

		message []byte // the whole answer
	}
	pulled struct {
		Messages []struct {
			Topic   string `xml:"Topic"`
			Message struct {
				Operation string       `xml:"PropertyOperation,attr"`
				Source    []simpleItem `xml:"Source>SimpleItem"`
				Data      []simpleItem `xml:"Data>SimpleItem"`
			} `xml:"Message>Message"`
		} `xml:"NotificationMessage"`
	}
	simpleItem struct {
		Name  string `xml:"Name,attr"`
		Value string `xml:"Value,attr"`
	}
)

// keep is called with the whole answer before it is decoded.
func (p *pullPoint) keep(message []byte) { p.message = message }
