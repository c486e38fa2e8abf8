"""What a host says about itself while it works: sampler, series, summaries, throttling."""
