package demo

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// person uses the server's pages as a browser does: cookies, forms, links. It
// has no other way in.
type person struct {
	client *http.Client
	base   string
}

var errTooEarly = errors.New("the page offers no release yet")

const maxPage = 1 << 20

func signIn(ctx context.Context, base, name, password string) (*person, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	p := &person{client: &http.Client{Jar: jar, Timeout: 15 * time.Second, Transport: &http.Transport{}}, base: base}
	_, err = p.post(ctx, "/signin", url.Values{"name": {name}, "password": {password}})
	return p, err
}

func (p *person) close() { p.client.CloseIdleConnections() }

// electionToday orders a window after a template of the protocol.
func (p *person) electionToday(ctx context.Context, site, template string) error {
	loc, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		return err
	}
	_, err = p.post(ctx, "/elect", url.Values{
		"site": {site}, "template": {template}, "day": {time.Now().In(loc).Format(time.DateOnly)},
		"reason": {"Municipal election, polling place De Polder"},
	})
	return err
}

var releaseLink = regexp.MustCompile(`href="(/release\?decision=[^"]+)"`)

// release follows the first release link on the overview and fills its form.
func (p *person) release(ctx context.Context) error {
	page, err := p.get(ctx, "/")
	if err != nil {
		return err
	}
	m := releaseLink.FindStringSubmatch(page)
	if m == nil {
		return errTooEarly
	}
	link := html.UnescapeString(m[1])
	if _, err := p.get(ctx, link); err != nil {
		return err
	}
	u, err := url.Parse(link)
	if err != nil {
		return err
	}
	_, err = p.post(ctx, "/release", url.Values{"decision": {u.Query().Get("decision")}, "statement": {"yes"}})
	return err
}

func (p *person) get(ctx context.Context, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+path, http.NoBody)
	if err != nil {
		return "", err
	}
	return p.do(req)
}

func (p *person) post(ctx context.Context, path string, form url.Values) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", p.base)
	return p.do(req)
}

var problem = regexp.MustCompile(`(?s)role="alert"[^>]*>(.*?)</`)

func (p *person) do(req *http.Request) (string, error) {
	res, err := p.client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close() //nolint:errcheck // read to its end below
	b, err := io.ReadAll(io.LimitReader(res.Body, maxPage))
	if err != nil {
		return "", err
	}
	if res.StatusCode != http.StatusOK {
		why := ""
		if m := problem.FindSubmatch(b); m != nil {
			why = ": " + strings.Join(strings.Fields(html.UnescapeString(string(m[1]))), " ")
		}
		return "", fmt.Errorf("page %s: %s%s", req.URL.Path, res.Status, why)
	}
	return string(b), nil
}
