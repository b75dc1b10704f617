package damage

import (
	"bytes"
	"sync"
	"testing"
)

func TestKinds(t *testing.T) {
	good := make([]byte, 1000)
	for i := range good {
		good[i] = byte(i*i>>3) | 1
	}
	before := bytes.Clone(good)
	names := map[string]bool{}
	for _, k := range Kinds() {
		want := k.Apply(good)
		var wg sync.WaitGroup
		for range 4 { // at the same time, as parallel tests do
			wg.Go(func() {
				if !bytes.Equal(k.Apply(good), want) {
					t.Errorf("%s is not the same each time", k.Name)
				}
			})
		}
		wg.Wait()
		if bytes.Equal(k.Apply(good), good) {
			t.Errorf("%s spoils nothing", k.Name)
		}
		if names[k.Name] {
			t.Errorf("%s twice", k.Name)
		}
		names[k.Name] = true
	}
	if !bytes.Equal(good, before) {
		t.Error("the original was changed")
	}
	t.Log(len(names), "kinds")
}
