package browser

// An EngineName names what can run cases.
type EngineName string

const (
	// EngineModel is the standard on paper. It always runs.
	EngineModel EngineName = "model"
	// EngineChromium is the one that package chromium finds.
	EngineChromium EngineName = "chromium"
)

// EngineNames are all of them.
var EngineNames = []EngineName{EngineModel, EngineChromium}
