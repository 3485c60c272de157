package server_test

import (
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/server/ui"
	"github.com/lensdop/lensdop/policy/wire"
)

// What is unproven waits; what fails, or a cover that is lost, does not, even
// when the next event says that all is well again.
func TestUnprovenWaitsAndLostDoesNot(t *testing.T) {
	c := config(t, t.TempDir())
	c.Timing.UnprovenGrace, c.Timing.CoverGrace = time.Hour, time.Hour
	b := start(t, c)
	b.addAgent(t, agent1)
	b.addAccount(t, "anna", ui.RoleFacility)
	p := b.browser(t)
	p.signIn("anna")
	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{Seq: 1})
	findings := func() string { _, body := p.get("/findings"); return body }

	until(t, "the end of the alert about the gateway that was not there yet", func() bool { return !strings.Contains(findings(), `name="alert"`) })
	g.say(t, wire.EventFinding, "REG-1", finding(time.Now(), rules.Unproven))
	until(t, "the finding on the page", func() bool { return strings.Contains(findings(), "niet aangetoond") })
	if strings.Contains(findings(), `name="alert"`) {
		t.Error("an unproven finding is an alert at once")
	}
	g.say(t, wire.EventFinding, "REG-1", finding(time.Now(), rules.Fail))
	until(t, "the alert about the failure", func() bool { return strings.Contains(findings(), `name="alert"`) })
	g.say(t, wire.EventFinding, "REG-1", finding(time.Now(), rules.Pass))

	g.say(t, wire.EventShown, "hal-noord", state("hal-noord", "whole", "closed", true))
	lost := state("hal-noord", "whole", "open", false)
	lost.Lost = true
	g.say(t, wire.EventShown, "hal-noord", lost)
	g.say(t, wire.EventShown, "hal-noord", state("hal-noord", "whole", "closed", true))
	until(t, "the lost cover among what is solved", func() bool {
		body := findings()
		return strings.Contains(body, "Camera niet afgeplakt") && strings.Contains(body, "Opgelost")
	})
}
