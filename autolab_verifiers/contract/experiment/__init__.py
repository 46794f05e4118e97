"""What the verifiers of experiments share: which ones are judged, and what their specs, results and journals say."""
