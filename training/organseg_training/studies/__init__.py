"""Many trainings that answer one question: which settings, how much data, and how sure can one be?"""
