package mic

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// TestAgain: a device is found again when its index or, because of another device, its name has changed. Another
// device of its kind is not taken for it.
func TestAgain(t *testing.T) {
	server := func(name, id string) Device { return Device{Name: name, HostAPI: pulseAPI, id: id} }
	alsa := func(names ...string) (all []Device) {
		for i, n := range names {
			all = append(all, Device{Index: i, Name: n, HostAPI: "ALSA"})
		}
		identify(all)
		return all
	}
	for name, c := range map[string]struct {
		before Device
		now    []Device
		want   int    // in now, or -1
		says   string // the error, where it is -1
	}{
		"by interface":           {Device{Name: "Jabra", HostAPI: "b"}, []Device{{Name: "Jabra", HostAPI: "a"}, {Name: "Jabra", HostAPI: "b"}}, 1, ""},
		"by name":                {Device{Name: "yeti", HostAPI: "gone"}, []Device{{Name: "Jabra"}, {Name: "yeti"}}, 1, ""},
		"not by an empty id":     {Device{Name: "yeti"}, []Device{{Name: "Jabra"}}, -1, `: "yeti"`},
		"a second one has come":  {server("USB", "usb.1"), []Device{server("USB usb.0", "usb.0"), server("USB usb.1", "usb.1")}, 1, ""},
		"the second one is away": {server("USB usb.1", "usb.1"), []Device{server("USB", "usb.1")}, 0, ""},
		"only the other is back": {server("USB usb.1", "usb.1"), []Device{server("USB", "usb.0")}, -1, `of its kind: 0 "USB"`},
		"at another port":        {server("USB", "usb.1"), []Device{server("USB", "usb.7")}, 0, ""},
		"another number":         {alsa("USB: Audio (hw:1,0)")[0], alsa("HDA (hw:0,0)", "USB: Audio (hw:2,0)"), 1, ""},
		"the same number":        {alsa("USB (hw:1,0)", "USB (hw:2,0)")[0], alsa("USB (hw:2,0)", "USB (hw:1,0)"), 1, ""},
		"the twin has stayed":    {alsa("USB (hw:1,0)", "USB (hw:2,0)")[0], alsa("USB (hw:2,0)"), -1, `of its kind: 0 "USB (hw:2,0)"`},
		"a twin has come":        {alsa("USB (hw:1,0)")[0], alsa("USB (hw:2,0)", "USB (hw:3,0)"), -1, `of its kind: 0 "USB (hw:2,0)", 1 "USB (hw:3,0)"`},
		"no numbers":             {alsa("USB")[0], alsa("USB (hw)"), -1, `"USB"`},
	} {
		got, err := again(c.now, c.before)
		switch {
		case c.want >= 0 && (err != nil || slices.Index(c.now, got) != c.want):
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, c.now[c.want])
		case c.want < 0 && (!errors.Is(err, ErrNoDevice) || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: %+v, %v, want an error with %s", name, got, err, c.says)
		}
	}
}
