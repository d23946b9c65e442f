package chromium

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// preferences are the settings of Chromium that a profile begins with: groups of them,
// by name.
//
// Headless Chromium blocks third-party cookies as an incognito window does, since its
// profile is off the record. Other windows send them unless their user wants it
// otherwise, https://privacysandbox.com/news/privacy-sandbox-next-steps/, and so does
// one whose cookie controls are off.
var preferences = map[string]map[string]int{
	"profile": {"cookie_controls_mode": 0},
}

// preferencesSaid is what [browser.Info] says of them.
func preferencesSaid() []string {
	var out []string
	for _, group := range slices.Sorted(maps.Keys(preferences)) {
		for _, name := range slices.Sorted(maps.Keys(preferences[group])) {
			out = append(out, fmt.Sprintf("%s.%s=%d", group, name, preferences[group][name]))
		}
	}
	return out
}

// writePreferences puts them into a profile that no browser has used yet.
func writePreferences(profile string) error {
	text, err := json.Marshal(preferences)
	if err != nil {
		return err
	}
	path := filepath.Join(profile, "Default", "Preferences")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}
