package ui

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

func TestAllWordsInAllLanguages(t *testing.T) {
	t.Parallel()
	verbs := regexp.MustCompile(`%[a-z]`)
	for key, e := range words() {
		for _, lang := range Languages() {
			if strings.TrimSpace(e.in(lang)) == "" {
				t.Errorf("%s has no words in %s", key, lang)
			}
		}
		if n := len(verbs.FindAllString(e.nl, -1)); n != len(verbs.FindAllString(e.fr, -1)) || n != len(verbs.FindAllString(e.en, -1)) {
			t.Errorf("%s: the languages do not take the same values", key)
		}
	}
}

// Every key that a page or the code names is in the table, and the other way round.
func TestKeysAreUsed(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, s := range []Show{ShowOpen, ShowCovered, ShowWaiting, ShowReleasing, ShowUncovered, ShowZones, ShowUnproven} {
		used[string(s)], used["say-"+string(s)] = true, true
	}
	for _, r := range Roles() {
		used["role-"+string(r)] = true
	}
	for _, s := range []string{"critical", "high", "medium", "low"} {
		used["severity-"+s] = true
	}
	for _, s := range []string{"fail", "unproven", "error", "expired"} {
		used["status-"+s] = true
	}
	for _, k := range []string{AlertCover, AlertAgent, AlertRefused, AlertRelease, AlertGap, AlertDouble} {
		title := k + "-title"
		if k == AlertRelease {
			title = "release-alert-title"
		}
		used[title], used[k+"-what"], used[k+"-why"], used[k+"-do-it"] = true, true, true, true
	}
	inPage := regexp.MustCompile(`\.(?:T|Of \.) "([a-z0-9-]+)"`)
	err := fs.WalkDir(templates, "templates", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := templates.ReadFile(path)
		for _, m := range inPage.FindAllStringSubmatch(string(b), -1) {
			used[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for key := range used {
		if _, ok := words()[key]; !ok && !strings.HasSuffix(key, "-") {
			t.Errorf("%q is used and has no words", key)
		}
	}
}
